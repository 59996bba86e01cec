/* <time data-local>: the reader's own clock instead of UTC. */
(() => {
  const written = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll("time[data-local]")) {
    time.textContent = written.format(new Date(time.dateTime));
  }
})();
