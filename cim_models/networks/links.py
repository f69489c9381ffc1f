"""Links of a network by id and kind."""

import difflib
from collections.abc import Mapping

from cim_models.errors import InputError


def check_link(name: str, kind: str, kinds: Mapping[str, str], what: str) -> None:
    """Refuse the id of a link that is not there or is of another kind, naming those that come near.

    Parameters
    ----------
    name, kind
        Id, and the kind that it has to be of, such as ``pump``.
    kinds
        Kind of each link by id.
    what
        The network, as the message begins.

    Raises
    ------
    InputError
        If there is no such link.
    """
    if kinds.get(name) == kind:
        return
    known = [link for link, its in kinds.items() if its == kind]
    near = difflib.get_close_matches(name, known, n=3) or known[:3]
    raise InputError(
        f"{what}: no {kind} '{name}'",
        got=f"a {kinds[name]} of that id" if name in kinds else None,
        expected=f"a {kind} of the model, such as {', '.join(near)}" if near else f"a model with a {kind}",
        remedy="Correct the id",
    )
