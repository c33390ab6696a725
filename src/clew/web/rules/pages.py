"""The rules: the page with its preview, and changing them. Owners alone come here (`guard.OWNERS`)."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clew import rules
from clew.errors import ConfigError
from clew.models.trial import Numbers, Trial
from clew.rules import mark
from clew.state import rule_changes
from clew.web.ask import context_of
from clew.web.builds.work import of_trial
from clew.web.guard import checked_form, name_of
from clew.web.numbers import Change, duration, exact, percent, points, relative
from clew.web.overview.pages import FIRST_PAINT_SECONDS, WAIT_HEADER
from clew.web.people.links import identifier_url
from clew.web.render import local, page
from clew.web.rules.form import PATH, Form, back, read_form
from clew.web.rules.trials import Trials

SHOWN = 20
"""Changes of the past on the page."""
SECTIONS = {
    "sessions": ("Sessions", "When a session begins and ends."),
    "bounce": ("Bounces", "Which sessions bounced."),
    "identity": ("Identity", "Which identifiers are one person. Single edges are denied on a person's page."),
    "activity": ("Activity", "What counts as something that a person did."),
}


class Compared(NamedTuple):
    """A number now and under the rules that were tried."""

    title: str
    now: str
    then: str
    change: Change


async def show(request: Request) -> Response:
    """GET /settings/rules?sessions.inactivity_minutes=10&...: the rules; with some of them changed, what that would do."""
    form = _form(request, dict(request.query_params))
    if "again" in request.query_params:
        _trials(request).again(form.changes)
    if not form.is_brief or "again" in request.query_params:
        return RedirectResponse(f"{PATH}?{form.query}" if form.query else PATH, 303)
    return await _page(request, form)


async def apply(request: Request) -> Response:
    """POST /settings/rules/apply: `changes` as in the page's address, `mark` of the rules that they were decided on."""
    sent = await checked_form(request)
    form = _form(request, dict(parse_qsl(str(sent.get("changes", "")), keep_blank_values=True)))
    if form.is_wrong:
        return await _page(request, form)
    context, visit = context_of(request), request.state.visit
    try:
        await run_in_threadpool(rules.change, context.root, form.changes, context.state, name_of(visit), seen=str(sent.get("mark", "")))
    except ConfigError as error:
        raise HTTPException(409, str(error)) from error
    await run_in_threadpool(context.reload)
    return RedirectResponse(PATH, 303)


async def stop(request: Request) -> Response:
    """POST /settings/rules/stop: the preview of `changes`, as in the page's address."""
    sent = await checked_form(request)
    form = _form(request, dict(parse_qsl(str(sent.get("changes", "")), keep_blank_values=True)))
    await _trials(request).stop(form.changes, name_of(request.state.visit))
    return RedirectResponse(f"{PATH}?{form.query}" if form.query else PATH, 303)


def _trials(request: Request) -> Trials:
    trials: Trials = request.app.state.trials
    return trials


async def _page(request: Request, form: Form) -> Response:
    context, status = context_of(request), context_of(request).status()
    wanted = bool(form.changed) and not form.is_wrong and status.build_id is not None
    tried = await _trials(request).get(form.changes, None if request.headers.get(WAIT_HEADER) else FIRST_PAINT_SECONDS) if wanted else None
    known = tuple(field.rule for field in form.fields)
    zone = context.settings.project.timezone
    return page(
        request,
        "rules.html",
        place="rules",
        form=form,
        sections=SECTIONS,
        shown={rule.name: rule.value for rule in rules.rules(context.settings, {})},
        wanted=wanted,
        tried=tried,
        compared=_compared(tried.trial) if tried and tried.trial else (),
        trial_work=of_trial(status),
        mark=mark(known),
        history=[(local(c.changed_at, zone), c, back(known, c)) for c in await run_in_threadpool(rule_changes, context.state, SHOWN)],
        url=identifier_url,
    )


def _form(request: Request, given: dict[str, str]) -> Form:
    return read_form(rules.rules(context_of(request).wanted()), given)


def _compared(trial: Trial) -> tuple[Compared, ...]:
    now, then = trial.now, trial.then
    return (
        Compared("People", exact(now.people), exact(then.people), relative(then.people, now.people)),
        Compared("Sessions", exact(now.sessions), exact(then.sessions), relative(then.sessions, now.sessions)),
        Compared("Sessions per person", _each(now), _each(then), Change("", "")),
        Compared("Bounce rate", percent(now.bounce_rate), percent(then.bounce_rate), points(then.bounce_rate, now.bounce_rate)._replace(mood="")),
        Compared("Mean duration", duration(now.mean_seconds), duration(then.mean_seconds), relative(then.mean_seconds, now.mean_seconds)),
    )


def _each(numbers: Numbers) -> str:
    return f"{numbers.sessions / numbers.people:.2f}" if numbers.people else "–"
