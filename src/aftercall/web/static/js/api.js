// The public REST API, as the one who is signed in, for the project in the page's address:
//   const { keys } = await api.get("/v1/keys");
//   await api.post("/v1/webhooks", { url });        // throws ApiError: .message for people, .code, .status
export class ApiError extends Error {
  constructor(status, body) {
    super(body?.error_message ?? `The server answered with ${status}.`);
    this.status = status;
    this.code = body?.error_code ?? "UNKNOWN";
    this.data = body?.data ?? null;
  }
}

export const project = location.pathname.match(/^\/p\/([^/]+)/)?.[1] ?? null;

export async function request(method, path, body, { signal } = {}) {
  const headers = { accept: "application/json" };
  if (project) headers["x-aftercall-project"] = decodeURIComponent(project);
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { error_message: "The server cannot be reached. Nothing was changed.", error_code: "UNREACHABLE" });
  }
  const told = await answer.json().catch(() => null);
  if (answer.ok) return told;
  const error = new ApiError(answer.status, told);
  if (error.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  throw error;
}

export const api = {
  get: (path, options) => request("GET", path, undefined, options),
  post: (path, body = {}, options) => request("POST", path, body, options),
  put: (path, body, options) => request("PUT", path, body, options),
  patch: (path, body, options) => request("PATCH", path, body, options),
  delete: (path, options) => request("DELETE", path, undefined, options),
};
