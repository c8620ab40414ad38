// How the hub is also changes while nothing happens: a process that dies tells nobody. So that, and the counts
// that are a few seconds old, are asked for now and then, as long as somebody looks and the hub can be reached.

import "./charts.js";

const EVERY = 15_000;

setInterval(() => {
  if (document.hidden || !document.getElementById("live-state").hidden) return;
  for (const part of ["#health", "#figures"]) window.htmx.trigger(part, "live");
}, EVERY);
