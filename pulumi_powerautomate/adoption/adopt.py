"""From an environment to a folder: the whole of an adoption."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import is_guid
from ..errors import InvalidInputError
from ..operations.selection import Selection
from ..provider import single_owner
from .import_file import Entries, Stack
from .inventory import Inventory, take_inventory
from .languages import language_for
from .naming import slug
from .project_folder import ADOPTED, Folder
from .writer import ENVIRONMENT, Writer

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..client.flows.requests import LiveFlow

_MOST_NAMED = 5


@dataclass
class Adoption:
    """
    The result of an adoption.

    Attributes:
        folder: where the program is.
        stack: the stack it was made for.
        flows: display names of the flows that were added.
        references: logical names of the connection references that were added.
        shares: how many shares were added.
        known: how many of the selected flows were adopted before.
        skipped: (name, reason) of what cannot be adopted.
        credentials: what looks like a credential in the definitions, by name of the flow.
        notes: what the person has to know or to do.
        language: what the program is written in.
    """

    folder: Path
    stack: str
    flows: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    shares: int = 0
    known: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    credentials: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    language: str = "python"


def adopt(
    client: DataverseClient,
    wanted: Selection,
    path: Path,
    *,
    stack: str | None = None,
    project: str | None = None,
    organization: str = "organization",
    language: str | None = None,
    choose: Callable[[Sequence[LiveFlow]], Collection[str]] | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> Adoption:
    """
    Write a program for flows that exist, or add to one, and the file that imports them.

    Args:
        wanted: which flows.
        path: the program's folder, new or with a program in it.
        stack: the stack's name; the only one that the folder configures, or `dev`.
        project: the project's name; the one in the folder, or the folder's own name.
        organization: Pulumi organization of the stack.
        language: `python`, `yaml` or `typescript`; that of the program in the folder, or Python.
        choose: asked which of the flows are meant, by id.
        report: told what is going on.

    Raises:
        InvalidInputError: the selection means nobody, or the folder holds what cannot be added to.
    """
    chosen = language_for(path, language)
    folder = chosen.folder
    stacks = folder.stacks
    stack = stack or (stacks[0] if len(stacks) == 1 else "dev")
    project = folder.project or project or slug(path.resolve().name) or "flows"
    result = Adoption(path, stack, language=chosen.name)
    _same_environment(folder, stack, client.connection.environment_url)

    def known(flow_id: str) -> bool:
        return flow_id in folder.ids or flow_id in folder.adopted

    found = take_inventory(client, wanted, known, choose, report)
    single_owner.begin_program()
    owner = Stack(organization, project, stack)
    entries = Entries(owner, client.connection, native=chosen.native)
    writer = Writer(chosen, entries, found)
    writer.write()
    result.flows, result.references = writer.flows, writer.references
    result.shares, result.known = writer.shares, found.known
    result.skipped = [*found.skipped, *writer.skipped]
    gone = sorted(module for id_, module in folder.adopted.items()
                  if is_guid(id_) and id_ not in folder.ids)  # fmt: skip
    if gone:
        result.notes.append(
            f"{len(gone)} adopted before and since taken out of the program ({', '.join(gone[:3])}"
            f"{', …' if len(gone) > 3 else ''}) stay out; remove their lines from {ADOPTED} to "
            "adopt them again."
        )
    result.notes += [*_notes_on(found, writer.flows), *writer.notes, *chosen.notes]
    result.credentials = writer.credentials
    return result


def _notes_on(found: Inventory, adopted: Collection[str]) -> list[str]:
    """Notes about the flows that were added."""
    flows = [flow for flow in found.flows if flow.live.name in adopted]
    own = [flow.live.name for flow in flows if flow.shared_with_owner]
    notes = []
    if own:
        notes.append(
            f"{_named(own)}: shared with the flow's own owner too. An owner has every right, so "
            "the share is not declared, and stays as it is."
        )
    drafts = [flow.live.name for flow in flows if flow.live.workflow_id in found.drafts]
    if drafts:
        notes.append(
            f"{_named(drafts)}: a maker has saved a draft that is not published. The program has "
            "what is published; `pulumi-powerautomate flows --drafts` tells what the draft changes."
        )
    return notes


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(map(repr, names[:_MOST_NAMED]))}{more}"


def _same_environment(folder: Folder, stack: str, environment_url: str) -> None:
    configured = folder.configured(stack, ENVIRONMENT)
    if configured is not None and configured.rstrip("/").lower() != environment_url:
        raise InvalidInputError(
            f"{folder.config_path(stack)} is for {configured}, and you are connected to "
            f"{environment_url}; use another folder, or connect to that environment."
        )
