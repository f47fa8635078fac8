// A spec has names of colours ("--chart-1"); here they become those that the page has now. The same as
// charts/theme.py does on the server: only where a colour may stand, so that data stays data.
const COLOURED = new Set(["color", "fill", "stroke", "range", "labelColor", "titleColor", "domainColor", "tickColor", "gridColor"]);

// Resolved by the browser: most tokens are light-dark(...), which only a real property turns into a colour.
function resolver() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const known = new Map();
  const resolve = (name) => {
    if (!known.has(name)) {
      probe.style.color = `var(${name})`;
      known.set(name, getComputedStyle(probe).color);
    }
    return known.get(name);
  };
  return { resolve, done: () => probe.remove() };
}

function filled(value, resolve, coloured) {
  if (Array.isArray(value)) return value.map((one) => filled(one, resolve, coloured));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === "data" || key === "domain" ? one : filled(one, resolve, coloured || COLOURED.has(key))]));
  }
  return coloured && typeof value === "string" && /^--[a-z0-9-]+$/.test(value) ? resolve(value) : value;
}

export function themed(spec) {
  const { resolve, done } = resolver();
  const made = filled(spec, resolve, false);
  done();
  return made;
}
