"""What a page says once, after a form has been done: the redirect carries a name, never the words."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import RedirectResponse

NOTICES = {
    "saved": "Saved",
    "signed-out": "You are signed out",
    "signed-out-elsewhere": "Signed out in all other browsers",
    "password-changed": "Password changed; all other browsers are signed out",
    "person-added": "Person added",
    "person-saved": "Person saved",
    "project-made": "Project made",
    "welcome": "Welcome",
}


def done(path: str, notice: str | None = None) -> RedirectResponse:
    """See Other: reloading the page that follows repeats nothing. ``path`` is ours and encoded."""
    if notice is not None and notice not in NOTICES:
        raise KeyError(f"no notice {notice!r}")
    return RedirectResponse(f"{path}?notice={quote(notice)}" if notice else path, status_code=303)
