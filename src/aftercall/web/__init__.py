"""The server: the API over HTTP, its documentation page, health and metrics.

services.py   what every request needs: catalog, store, threads, meters
app.py        the application, made of services and the routers of api/
server.py     runs it: `serve` in the foreground, `run_in_thread` for a command
envelope.py   around every request: correlation id, bounds, counting, the last catch
errors.py     every failure in one JSON shape
caller.py     whose key or session it is, what it may do, which project it speaks of
session.py    the cookie of who is signed in, and where a request comes from
answers.py    JSON answers, encoded by msgspec
meters.py     /metrics
openapi.py    the OpenAPI document put right
pages/        what people see in a browser;  static/ templates/  their files
"""
