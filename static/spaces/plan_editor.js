// Drawing units on a floor plan: choose one, drag its place; or by numbers. All shapes are saved by one form.
(() => {
  "use strict";

  const board = document.getElementById("draw");
  if (!board) return;
  const SVG = "http://www.w3.org/2000/svg";
  const { units: unitsAsText, width: widthAsText, height: heightAsText, ...words } = board.dataset;
  const units = JSON.parse(unitsAsText);
  const [WIDTH, HEIGHT] = [Number(widthAsText), Number(heightAsText)];
  const SNAP = 5; // how near an edge must be to another's to meet it
  const SLIP = 4; // a drag shorter than this is a click
  const MOST_CORNERS = 40;
  const form = document.getElementById("drawing");
  const field = form.elements.namedItem("shapes");
  const find = (name) => board.querySelector(`[data-${name}]`);
  const [canvas, layer, handles, list, said, numbers] = ["canvas", "shapes", "handles", "list", "said", "numbers"].map(find);
  const buttons = { undo: find("undo"), remove: find("delete"), finish: find("finish") };

  const shapes = new Map(read(field.value)); // unit id: corners as [x, y]
  const history = [];
  let chosen = null;
  let tool = "rectangle";
  let lastSize = [40, 30];
  let action = null; // what the pointer is doing
  let sketch = null; // corners of a polygon that is being drawn
  let saved = serialised();

  function read(text) {
    let rows = [];
    try { rows = JSON.parse(text); } catch { rows = []; }
    if (!Array.isArray(rows)) return [];
    return rows.map(({ unit, points }) => [unit, points.reduce((made, value, at) => {
      if (at % 2) made[made.length - 1].push(value); else made.push([value]);
      return made;
    }, [])]);
  }

  function serialised() {
    return JSON.stringify([...shapes].map(([unit, corners]) => ({ unit, points: corners.flat() })));
  }

  const codeOf = (id) => units.find((unit) => unit.id === id)?.code ?? "?";
  const clamp = (value, most) => Math.min(Math.max(Math.round(value), 0), most);
  const rectangle = (x, y, width, height) => [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
  const say = (sentence, unit) => { said.textContent = (sentence || "").replace("{unit}", unit ?? ""); };

  function boxOf(corners) {
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
  }

  function isRectangle(corners) {
    if (corners.length !== 4) return false;
    const { x, y, width, height } = boxOf(corners);
    return rectangle(x, y, width, height).every(([a, b]) => corners.some(([c, d]) => a === c && b === d));
  }

  // every change goes through here, so that each can be undone
  function change(unit, corners) {
    history.push([unit, shapes.get(unit) ?? null]);
    if (history.length > 200) history.shift();
    put(unit, corners);
  }

  function put(unit, corners) {
    if (corners) shapes.set(unit, corners); else shapes.delete(unit);
    show();
  }

  function choose(unit) {
    chosen = unit;
    sketch = null;
    show();
  }

  function draw(unit, corners) {
    change(unit, corners);
    if (isRectangle(corners)) lastSize = [boxOf(corners).width, boxOf(corners).height];
    say(words.drawn, codeOf(unit));
  }

  // ---- showing

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  }

  function show() {
    layer.replaceChildren();
    handles.replaceChildren();
    for (const [unit, corners] of shapes) {
      element("polygon", { points: corners.join(" "), class: `draw-shape${unit === chosen ? " chosen" : ""}`, "data-unit": unit }, layer);
      const { x, y, width, height } = boxOf(corners);
      const size = Math.min(15, height * 0.6, width / (0.62 * Math.max(2, codeOf(unit).length)));
      if (size >= 6) {
        element("text", { x: x + width / 2, y: y + height / 2, "font-size": size.toFixed(1), class: "plan-label" }, layer).textContent = codeOf(unit);
      }
    }
    const corners = shapes.get(chosen);
    const scale = WIDTH / canvas.clientWidth || 1; // units of the canvas to a pixel
    for (const [at, [cx, cy]] of (corners ?? []).entries()) {
      element("circle", { cx, cy, r: 5 * scale, class: "draw-handle" }, handles);
      element("circle", { cx, cy, r: 14 * scale, class: "draw-handle-reach", "data-corner": at }, handles);
    }
    showList();
    showNumbers(corners);
    buttons.undo.disabled = !history.length;
    buttons.remove.disabled = !corners;
    buttons.finish.hidden = !(sketch && sketch.length >= 3);
    field.value = serialised();
  }

  function showSketch(corners, closed) {
    handles.replaceChildren();
    element(closed ? "polygon" : "polyline", { points: corners.join(" "), class: "draw-sketch" }, handles);
  }

  function showList() {
    const wanted = find("find").value.trim().toLowerCase();
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.unit : null;
    const seen = units.filter((unit) => `${unit.code} ${unit.kind} ${unit.floor}`.toLowerCase().includes(wanted));
    const groups = [
      [words.missing, seen.filter((unit) => !shapes.has(unit.id) && !unit.elsewhere)],
      [words.here, seen.filter((unit) => shapes.has(unit.id))],
      [words.other, seen.filter((unit) => !shapes.has(unit.id) && unit.elsewhere)],
    ];
    list.replaceChildren(...groups.filter(([, some]) => some.length).flatMap(([name, some]) => {
      const title = document.createElement("h3");
      title.className = "draw-group";
      title.textContent = name;
      const items = document.createElement("ul");
      items.className = "draw-units";
      items.append(...some.map(unitButton));
      return [title, items];
    }));
    if (focused) list.querySelector(`[data-unit="${focused}"]`)?.focus();
    const missing = units.filter((unit) => !shapes.has(unit.id) && !unit.elsewhere).length;
    find("count").textContent = missing ? words.toDraw.replace("{count}", missing) : "";
  }

  function unitButton(unit) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = `draw-unit${shapes.has(unit.id) ? " placed" : ""}`;
    button.dataset.unit = unit.id;
    button.textContent = unit.code;
    button.title = `${unit.kind} · ${unit.floor}`;
    button.setAttribute("aria-pressed", String(unit.id === chosen));
    item.append(button);
    return item;
  }

  function showNumbers(corners) {
    const box = corners ? boxOf(corners) : {};
    for (const input of numbers.querySelectorAll("input")) {
      input.disabled = chosen === null;
      input.value = box[input.name] ?? "";
    }
    numbers.querySelector("button").disabled = chosen === null;
  }

  // ---- the pointer

  function pointOf(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(canvas.getScreenCTM().inverse());
    return [clamp(at.x, WIDTH), clamp(at.y, HEIGHT)];
  }

  // an edge of a neighbour that is near is met
  function snapped([x, y]) {
    const others = [...shapes].filter(([unit]) => unit !== chosen).flatMap(([, corners]) => corners);
    const near = (value, at) => {
      const best = others.map((corner) => corner[at]).sort((a, b) => Math.abs(a - value) - Math.abs(b - value))[0];
      return best !== undefined && Math.abs(best - value) <= SNAP ? best : value;
    };
    return [near(x, 0), near(y, 1)];
  }

  function moved(corners, dx, dy) {
    const { x, y, width, height } = boxOf(corners);
    const [right, down] = [clamp(x + dx, WIDTH - width) - x, clamp(y + dy, HEIGHT - height) - y];
    return corners.map(([a, b]) => [a + right, b + down]);
  }

  function bent(corners, at, [x, y]) {
    if (!isRectangle(corners)) return corners.map((corner, index) => (index === at ? [x, y] : corner));
    const [fixedX, fixedY] = corners[(at + 2) % 4];
    return [[fixedX, fixedY], [x, fixedY], [x, y], [fixedX, y]];
  }

  const isReal = (corners) => { const { width, height } = boxOf(corners); return width >= 3 && height >= 3; };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const from = pointOf(event);
    const { corner, unit } = event.target.dataset;
    canvas.focus({ preventScroll: true });
    if (tool === "polygon" && chosen !== null && !shapes.has(chosen)) return addCorner(from);
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    if (corner !== undefined) action = { kind: "corner", at: Number(corner), from, was: shapes.get(chosen) };
    else if (unit !== undefined && (chosen === null || shapes.has(chosen) || Number(unit) === chosen)) {
      choose(Number(unit));
      action = { kind: "move", from, was: shapes.get(chosen) };
    } else if (chosen !== null) action = { kind: "new", from: snapped(from) };
    return undefined;
  });

  canvas.addEventListener("pointermove", (event) => {
    if (sketch) return showSketch([...sketch, pointOf(event)], false);
    if (!action) return undefined;
    const to = pointOf(event);
    action.made = shapeOf(to);
    if (action.made) showSketch(action.made, true);
    return undefined;
  });

  function shapeOf(to) {
    const [dx, dy] = [to[0] - action.from[0], to[1] - action.from[1]];
    if (Math.hypot(dx, dy) < SLIP && !action.made) return null;
    if (action.kind === "move") return moved(action.was, dx, dy);
    if (action.kind === "corner") return bent(action.was, action.at, snapped(to));
    const [x, y] = snapped(to);
    return rectangle(Math.min(x, action.from[0]), Math.min(y, action.from[1]), Math.abs(x - action.from[0]), Math.abs(y - action.from[1]));
  }

  canvas.addEventListener("pointerup", () => {
    const done = action;
    action = null;
    if (!done) return;
    if (done.made && isReal(done.made)) {
      const isNew = !shapes.has(chosen);
      draw(chosen, done.made);
      if (isNew) next();
    } else if (done.kind === "new" && !done.made) {
      const [width, height] = lastSize;
      draw(chosen, moved(rectangle(0, 0, width, height), done.from[0] - width / 2, done.from[1] - height / 2));
      next();
    } else show();
  });

  canvas.addEventListener("pointercancel", () => { action = null; show(); });

  // the next one that is on no plan is chosen, so that forty desks are forty clicks
  function next() {
    const here = units.findIndex((unit) => unit.id === chosen);
    const rest = [...units.slice(here + 1), ...units.slice(0, here)];
    const found = rest.find((unit) => !shapes.has(unit.id) && !unit.elsewhere);
    if (found) choose(found.id);
  }

  // ---- polygons

  function addCorner(corner) {
    sketch = sketch ?? [];
    const [first] = sketch;
    if (first && sketch.length >= 3 && Math.hypot(first[0] - corner[0], first[1] - corner[1]) < 10) return finish();
    if (sketch.length < MOST_CORNERS) sketch.push(snapped(corner));
    show();
    showSketch(sketch, false);
    return undefined;
  }

  function finish() {
    const corners = sketch;
    sketch = null;
    if (corners && corners.length >= 3 && isReal(corners)) { draw(chosen, corners); next(); } else show();
  }

  buttons.finish.addEventListener("click", finish);
  canvas.addEventListener("dblclick", () => { if (sketch) finish(); });

  // ---- keys and numbers

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  canvas.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const corners = shapes.get(chosen);
    if (sketch && event.key === "Enter") finish();
    else if (event.key === "Escape") choose(sketch ? chosen : null);
    else if (step && corners) change(chosen, moved(corners, step[0] * (event.shiftKey ? 10 : 1), step[1] * (event.shiftKey ? 10 : 1)));
    else if ((event.key === "Delete" || event.key === "Backspace") && corners) remove();
    else return;
    event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !(event.target instanceof HTMLInputElement)) { event.preventDefault(); undo(); }
  });

  numbers.addEventListener("submit", (event) => {
    event.preventDefault();
    if (chosen === null) return;
    const value = (name) => Math.round(numbers.elements.namedItem(name).valueAsNumber);
    const [x, y, width, height] = ["x", "y", "width", "height"].map(value);
    const fits = x >= 0 && y >= 0 && width >= 3 && height >= 3 && x + width <= WIDTH && y + height <= HEIGHT;
    if (!fits) { say(words.beyond); return; }
    const corners = shapes.get(chosen);
    draw(chosen, corners && !isRectangle(corners) ? stretched(corners, x, y, width, height) : rectangle(x, y, width, height));
  });

  function stretched(corners, x, y, width, height) {
    const box = boxOf(corners);
    return corners.map(([a, b]) => [Math.round(x + ((a - box.x) * width) / box.width), Math.round(y + ((b - box.y) * height) / box.height)]);
  }

  function remove() {
    const unit = chosen;
    if (!shapes.has(unit)) return;
    change(unit, null);
    say(words.gone, codeOf(unit));
  }

  function undo() {
    if (sketch) { sketch.pop(); if (!sketch.length) sketch = null; show(); if (sketch) showSketch(sketch, false); return; }
    const last = history.pop();
    if (!last) return;
    chosen = last[0];
    put(...last);
    say(words.undone);
  }

  buttons.undo.addEventListener("click", undo);
  buttons.remove.addEventListener("click", remove);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-unit]");
    if (button) choose(Number(button.dataset.unit));
  });
  find("find").addEventListener("input", showList);
  for (const button of board.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => {
      tool = button.dataset.tool;
      for (const each of board.querySelectorAll("[data-tool]")) each.setAttribute("aria-pressed", String(each === button));
      choose(chosen);
    });
  }

  // what was drawn and not saved is not lost by a slip
  form.addEventListener("submit", () => { saved = serialised(); });
  window.addEventListener("beforeunload", (event) => { if (serialised() !== saved) event.preventDefault(); });
  show();
})();
