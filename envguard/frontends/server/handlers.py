"""The routes. Each method asks the service and writes what it says; who may ask, Jupyter's server decides.

Each method is decorated by itself: `authorized` notes action and resource of its first call for good.
"""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from envguard._version import __version__
from envguard.frontends.server import answers
from envguard.frontends.server.handler import LONGEST_CELLS, Handler
from envguard.frontends.server.refusals import Refused
from envguard.frontends.server.requests import JobWanted, cells, cells_wanted, flag, seconds, stamp_wanted, wanted
from envguard.languages import ENGLISH, known, page
from envguard.model import text

_KERNEL = "(?P<kernel>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_ENVIRONMENT = "(?P<environment>[0-9a-f]{16})"
_JOB = "(?P<job>[0-9a-f]{16})"
_RULE = "(?P<rule>[A-Za-z0-9-]{1,60})"


class Status(Handler):
    """What this server offers."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers with a `status` document."""
        options = self.app.options
        told = {"envguard": __version__, "allow_changes": options.changes, "terminals": options.terminals}
        self.tell(answers.document("status", **told))


class KernelReport(Handler):
    """The report on a kernel's environment."""

    @web.authenticated
    @authorized
    async def get(self, kernel: str) -> None:
        """Answers with a `kernel-report`: at once with what is known, with `live` after the kernel was asked."""
        live, fresh = flag(self, "live"), flag(self, "fresh")
        looked = await self.answered((await self.service()).report(kernel, live=live, fresh=fresh))
        self.tell(answers.kernel_report(looked))


class KernelDocument(Handler):
    """The timeline of a kernel's environment, or what can be taken back in it."""

    @web.authenticated
    @authorized
    async def get(self, kernel: str, what: str) -> None:
        """Answers with a `timeline` or an `undo-list`."""
        prefix = await self.answered((await self.service()).prefix_of_kernel(kernel))
        self.tell(await self.answered((await self.service()).document(_WHAT[what], prefix)))


class KernelCuda(Handler):
    """The CUDA table of a kernel."""

    @web.authenticated
    @authorized
    async def get(self, kernel: str) -> None:
        """Answers with a `cuda` document."""
        self.tell(await self.answered((await self.service()).cuda(kernel)))


class KernelInstalls(Handler):
    """What the installs in cells would do in a kernel's environment."""

    longest = LONGEST_CELLS

    @web.authenticated
    @authorized
    async def post(self, kernel: str) -> None:
        """Answers with an `installs` document; with `ways` it also has what conda could do instead."""
        ways, installs = flag(self, "ways"), (await self.offers()).installs
        where = await self.answered(installs.where(kernel))
        self.tell(await self.answered(installs.told(where, cells(self.body), ways=ways)))


class KernelStamp(Handler):
    """A notebook's stamp, held against the environment of its kernel."""

    longest = LONGEST_CELLS

    @web.authenticated
    @authorized
    async def post(self, kernel: str) -> None:
        """Answers with a `stamp` document: a remark on each thing that differs."""
        service = await self.service()
        prefix = await self.answered(service.prefix_of_kernel(kernel))
        asked = stamp_wanted(self.body)
        told = await self.answered(service.stamp(prefix, asked.stamp, asked.cells))
        self.tell(answers.with_part("stamp", "remarks", told))


class Cells(Handler):
    """The cells of a notebook that is being edited."""

    longest = LONGEST_CELLS

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answers with a `cells` document: the remarks on each cell."""
        asked = cells_wanted(self.body)
        told = await self.answered((await self.service()).cells(asked.kernel, asked.cells))
        self.tell(answers.with_part("cells", "cells", told))


class EnvironmentList(Handler):
    """The environments of this server."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers with an `environments` document."""
        self.tell(answers.document("environments", environments=await self.answered((await self.service()).every())))


class EnvironmentReport(Handler):
    """The report on an environment, by its files."""

    @web.authenticated
    @authorized
    async def get(self, environment: str) -> None:
        """Answers with a `kernel-report` that names no kernel."""
        fresh = flag(self, "fresh")
        prefix = await self.answered((await self.service()).prefix_of_environment(environment))
        looked = await self.answered((await self.service()).report_of(prefix, fresh=fresh))
        self.tell(answers.kernel_report(looked))


class EnvironmentDocument(Handler):
    """The timeline, the CUDA table or the checkpoints of an environment."""

    @web.authenticated
    @authorized
    async def get(self, environment: str, what: str) -> None:
        """Answers with a `timeline`, a `cuda` document or an `undo-list`."""
        prefix = await self.answered((await self.service()).prefix_of_environment(environment))
        self.tell(await self.answered((await self.service()).document(_WHAT[what], prefix)))


class RuleList(Handler):
    """Every rule."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers with a `rules` document."""
        rules, _ = await self.answered((await self.service()).rules())
        self.tell(answers.document("rules", rules=rules))


class RulePage(Handler):
    """One rule with its page."""

    @web.authenticated
    @authorized
    async def get(self, rule: str) -> None:
        """Answers with a `rule` document, for an id or a code, in English or another language that envguard speaks."""
        asked = self.get_query_argument("language", ENGLISH)
        language = known(asked) or ENGLISH
        rules, pages = await self.answered((await self.service()).rules())
        name = rule.lower()
        found = next((each for each in rules if name in (each["id"], each["code"].lower(), each["code"][2:])), None)
        if found is None:
            raise Refused(404, "not-found", text("there is no rule {rule}", rule=rule))
        told = page(pages[found["id"]], language)
        spoken = {"title": told.partition("\n")[0], "page": told, "language": language.replace("_", "-")}
        self.tell(answers.document("rule", **{**found, **spoken}))


class JobList(Handler):
    """Where jobs are begun."""

    longest = LONGEST_CELLS

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begins a job, and answers with a `job` document."""
        asked: JobWanted = wanted(self.body)
        user = self.current_user
        name = None if user is None else str(user.username)
        job = await self.answered((await self.offers()).begin(asked, name))
        self.tell(answers.job(job), 202)


class JobState(Handler):
    """One job."""

    @web.authenticated
    @authorized
    async def get(self, job: str) -> None:
        """Answers with a `job` document; with `wait` once there is something new, or after so many seconds."""
        waits = seconds(self, "wait")
        found = (await self.offers()).get(job)
        if waits:
            await (await self.offers()).changed(found, waits)
        self.tell(answers.job(found))

    @web.authenticated
    @authorized
    async def delete(self, job: str) -> None:
        """Cancels the job, and answers with its `job` document."""
        found = (await self.offers()).get(job)
        await self.answered((await self.offers()).cancel(found))
        self.tell(answers.job(found))


class Nothing(Handler):
    """Whatever else is asked for below our own address."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Refuses, as there is nothing here."""
        raise Refused(404, "not-found", text("there is nothing at this address"))


_WHAT = {"timeline": "timeline", "undo": "undo-list", "cuda": "cuda"}

ROUTES: tuple[tuple[str, type[Handler]], ...] = (
    ("status", Status),
    (f"kernels/{_KERNEL}/report", KernelReport),
    (f"kernels/{_KERNEL}/(?P<what>timeline|undo)", KernelDocument),
    (f"kernels/{_KERNEL}/cuda", KernelCuda),
    (f"kernels/{_KERNEL}/installs", KernelInstalls),
    (f"kernels/{_KERNEL}/stamp", KernelStamp),
    ("cells", Cells),
    ("environments", EnvironmentList),
    (f"environments/{_ENVIRONMENT}/report", EnvironmentReport),
    (f"environments/{_ENVIRONMENT}/(?P<what>timeline|cuda|undo)", EnvironmentDocument),
    ("rules", RuleList),
    (f"rules/{_RULE}", RulePage),
    ("jobs", JobList),
    (f"jobs/{_JOB}", JobState),
    (".*", Nothing),
)
"""Below `envguard/v1/`, by patterns that match a path as a whole."""


def handlers() -> list[tuple[str, type[Handler]]]:
    """The routes as Jupyter's server takes them."""
    return [(rf"/envguard/v1/{pattern}", handler) for pattern, handler in ROUTES]
