"""Solutions out of an environment: what `pac solution export` does, for programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import InvalidInputError
from ..files import write_whole
from ..provider import Provider, look_up
from .flows import client_of

# What may be exported beside the components, by the service's name.
SETTINGS = {
    "auto-numbering": "ExportAutoNumberingSettings",
    "calendar": "ExportCalendarSettings",
    "customization": "ExportCustomizationSettings",
    "email-tracking": "ExportEmailTrackingSettings",
    "external-applications": "ExportExternalApplications",
    "general": "ExportGeneralSettings",
    "isv-config": "ExportIsvConfig",
    "marketing": "ExportMarketingSettings",
    "outlook-synchronization": "ExportOutlookSynchronizationSettings",
    "relationship-roles": "ExportRelationshipRoles",
    "sales": "ExportSales",
}
_DEFAULT_TIMEOUT = 1800.0


@look_up
def export_solution(
    unique_name: str,
    path: str | Path | None = None,
    *,
    managed: bool = False,
    include: tuple[str, ...] = (),
    timeout: float = _DEFAULT_TIMEOUT,
    report: Callable[[str], None] = lambda text: None,
    provider: Provider | None = None,
) -> bytes:
    """
    Export an unmanaged solution; equal content gives equal bytes.

    Args:
        unique_name: its unique name.
        path: a file to write, whole or not at all; an equal one is left alone.
        managed: whether the package installs as managed.
        include: settings beside the components: `auto-numbering`, `calendar`, `customization`,
            `email-tracking`, `external-applications`, `general`, `isv-config`, `marketing`,
            `outlook-synchronization`, `relationship-roles`, `sales`.
        timeout: seconds to wait for the service.
        report: called with what is going on.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Returns:
        The package: entries sorted and dated alike, so that version control sees content only.

    Raises:
        InvalidInputError: a setting is not one of those, or the file cannot be written.
        DataverseError: the service refused; a managed solution cannot be exported, for example.

    Source: ExportSolutionAsync and DownloadSolutionExportData in the Web API reference.
    """
    unknown = [name for name in include if name not in SETTINGS]
    if unknown:
        raise InvalidInputError(f"include has {unknown[0]!r}; there are {', '.join(SETTINGS)}.")
    from ..client.http.throttle import Deadline
    from ..client.solutions.export import export
    from ..solution import normalized

    options = {
        "SolutionName": unique_name,
        "Managed": managed,
        **{SETTINGS[name]: True for name in include},
    }
    raw = export(client_of(provider).solutions, options, report, Deadline(timeout))
    data = normalized(raw, f"the export of {unique_name}")
    if path is not None:
        write_whole(Path(path), data)
    return data
