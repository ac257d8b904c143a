import pytest

from tests.claims.papers import DEFECTS, OTHERS
from tests.library import once
from tests.seeds import seed
from tlsmc.claims import Paper, audit


@pytest.fixture(scope="session")
def audited(tmp_path_factory):
    """Audits of the paper's numbers and of both others, by name, each made once."""
    made = {}

    def of(name):
        if name not in made:
            settings = {"seed": seed(f"claims {name}"), "jobs": 2, "paper": OTHERS.get(name, Paper())}
            made[name] = once(tmp_path_factory, f"audit {name}", lambda: audit(DEFECTS, **settings))
        return made[name]

    return of


@pytest.fixture(params=["paper", *OTHERS])
def case(request, audited):
    """An audit and the numbers that it was made from."""
    return audited(request.param), OTHERS.get(request.param, Paper())
