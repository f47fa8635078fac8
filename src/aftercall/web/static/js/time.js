// <time datetime="..." data-relative>: "3 minutes ago", renewed while the page is open.
const STEPS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function relative(at, now = Date.now()) {
  const seconds = (at - now) / 1000;
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step ? words.format(Math.trunc(seconds / step[1]), step[0]) : "just now";
}

export function showTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-relative]")) {
    time.textContent = relative(Date.parse(time.dateTime));
  }
}

export function keepTimes() {
  showTimes();
  setInterval(() => showTimes(), 30000);
}
