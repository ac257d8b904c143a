"""What a spec may hold, by watching how specs are read."""

import functools

import pytest

import tlsmc
from tests.docs.pages import ROOT, content
from tlsmc.fitting import load_fit
from tlsmc.spec.table import Table


@functools.cache
def asked():
    """All keys that are read of each table by its place, and all texts that any of them may be."""
    keys, texts = {}, set()
    finish, choice = Table.finish, Table.choice

    def finished(self):
        keys.setdefault(self.place, {}).update(dict.fromkeys(self._known))
        finish(self)

    def chosen(self, key, options, *default):
        texts.update(options := tuple(options))
        return choice(self, key, options, *default)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "finish", finished)
        patch.setattr(Table, "choice", chosen)
        tlsmc.parse_spec(content())
        for study in ("samples_wire", "tracked_defects", "telegraph_noise"):
            tlsmc.load_spec(ROOT / "runs" / f"{study}.toml")
        load_fit(ROOT / "runs/fit_wire.toml", ("fit.parameters.chi.prior={value=0.03, factor=1.5}",))
    return keys, texts
