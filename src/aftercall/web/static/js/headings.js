// A table that fits its frame is scrolled by the page, and its headings stay in sight; a wider one scrolls in its frame.
export function keepHeadings(frame) {
  const table = frame.querySelector("table");
  const look = () => frame.classList.toggle("fits", table.offsetWidth <= frame.clientWidth);
  const watch = new ResizeObserver(look);
  watch.observe(frame);
  watch.observe(table);
}
