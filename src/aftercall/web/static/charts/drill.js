// From a cell of a drawing ([row, measure, previous]) to the conversations behind it.
import { project } from "../js/api.js";

export function drillOf({ drill }, [row, measure, previous]) {
  const side = previous ? drill.previous : drill;
  return { query: side.query, ...(row >= 0 && { row: side.rows[row] }), measure: drill.measures[measure] };
}

export const addressOf = (drawing, cell) => `/p/${project}/conversations?${new URLSearchParams({ drill: JSON.stringify(drillOf(drawing, cell)) })}`;

export function go(address, event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) open(address, "_blank", "noopener");
  else location.assign(address);
}
