// The day of a site: drag over a free time to book it, press a booking to open it.
(() => {
  "use strict";

  const element = document.getElementById("timeline");
  if (!element || !window.EventCalendar) return;

  const { day, hours, mayBook, locale } = element.dataset;
  const [firstHour, lastHour] = hours.split("-").map(Number);
  const { openings, events } = JSON.parse(element.dataset.events);
  const resources = JSON.parse(element.dataset.resources);
  const dialog = document.getElementById("booking-dialog");
  const pad = (number) => String(number).padStart(2, "0");
  // the calendar draws its line at the browser's time; where that is not the site's, none is better than a wrong one
  const sameClock = Math.abs(new Date(element.dataset.now) - new Date()) < 15 * 60 * 1000;
  const clock = (at) => `${pad(at.getHours())}:${pad(at.getMinutes())}`;

  // the whole day in the window where it fits; slots that are too narrow to hit are scrolled instead
  const names = 14 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const slots = 2 * (lastHour - firstHour);
  const slotWidth = Math.max(28, Math.min(72, Math.floor((element.clientWidth - names - 4) / slots)));

  // what lies outside a row's opening hours is hatched; rows with the same hours share their stretches
  function closedTimes() {
    const rows = new Map();
    for (const { id } of resources) {
      const key = JSON.stringify(openings[id]);
      rows.set(key, [...(rows.get(key) || []), id]);
    }
    return [...rows].flatMap(([hours, resourceIds]) => closedBetween(JSON.parse(hours), resourceIds));
  }

  function closedBetween(hours, resourceIds) {
    const edges = [`${day}T${pad(firstHour)}:00`, ...hours.flat()];
    edges.push(lastHour === 24 ? `${day}T23:59` : `${day}T${pad(lastHour)}:00`);
    const closed = [];
    for (let i = 0; i < edges.length; i += 2) {
      if (edges[i] < edges[i + 1]) closed.push({ start: edges[i], end: edges[i + 1], display: "background", resourceIds });
    }
    return closed;
  }

  function label(info) {
    const name = document.createElement("a");
    name.className = "resource-name";
    name.href = element.dataset.page.replace(/0$/, info.resource.id);
    name.textContent = info.resource.title;
    const note = document.createElement("span");
    note.className = "resource-note";
    note.textContent = info.resource.extendedProps.note;
    return { domNodes: [name, note] };
  }

  let ask = null;
  if (dialog) {
    const form = dialog.querySelector("form");
    ask = window.watchBookingPrice(form, element.dataset.quote);
    form.addEventListener("chosen", ({ detail }) => {
      document.getElementById("booking-dialog-title").textContent = detail.name;
    });
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => calendar.unselect());
  }

  function open(info) {
    const form = dialog.querySelector("form");
    form.elements.namedItem("resource_id").value = info.resource.id;
    form.elements.namedItem("on").value = day;
    form.elements.namedItem("start").value = clock(info.start);
    form.elements.namedItem("end").value = clock(info.end);
    document.getElementById("booking-dialog-title").textContent = info.resource.title;
    dialog.showModal();
    form.elements.namedItem("title").focus();
    ask();
  }

  function drawn(taken) {
    return [
      ...closedTimes(),
      ...taken.map((each) => ({
        id: each.id,
        resourceIds: [each.resourceId],
        start: each.start,
        end: each.end,
        title: each.title,
        editable: false,
        classNames: [`kind-${each.kind}`, ...(each.bookingId ? ["opens"] : []), ...(each.awaiting ? ["awaiting"] : [])],
        extendedProps: { bookingId: each.bookingId },
      })),
    ];
  }

  const calendar = window.EventCalendar.create(element, {
    view: "resourceTimelineDay",
    date: day,
    locale,
    headerToolbar: { start: "", center: "", end: "" },
    height: "auto",
    slotMinTime: `${pad(firstHour)}:00`,
    slotMaxTime: `${pad(lastHour)}:00`,
    slotDuration: "00:30",
    snapDuration: "00:15",
    slotWidth,
    slotLabelFormat: (at) => clock(at),
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    nowIndicator: sameClock,
    resources: resources.map((each) => ({ id: each.id, title: each.name, extendedProps: { note: each.note } })),
    resourceLabelContent: label,
    events: drawn(events),
    eventDidMount: ({ el, event }) => {
      if (event.title) el.title = event.title; // a short stretch has no room for its words
    },
    editable: false,
    selectable: mayBook === "yes",
    unselectAuto: false,
    select: open,
    eventClick: ({ event }) => {
      const { bookingId } = event.extendedProps;
      if (bookingId) window.location.assign(element.dataset.booking.replace(/0$/, bookingId));
    },
  });

  // the calendar's table roles lack the cells that they promise; without them a screen reader hears plain text,
  // and the form behind "Book" is the way by keyboard
  for (const each of element.querySelectorAll("[role]")) each.removeAttribute("role");

  // others book while the page is open: looked at again every minute, and when one comes back to it
  let seen = JSON.stringify(events);
  async function refresh() {
    if (document.visibilityState !== "visible" || (dialog && dialog.open)) return;
    try {
      const answer = await fetch(element.dataset.fresh, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const taken = (await answer.json()).events;
      if (JSON.stringify(taken) === seen) return;
      seen = JSON.stringify(taken);
      calendar.setOption("events", drawn(taken));
    } catch {
      // no network: what is shown stays, and the next look comes in a minute
    }
  }
  setInterval(refresh, 60 * 1000);
  document.addEventListener("visibilitychange", refresh);
})();
