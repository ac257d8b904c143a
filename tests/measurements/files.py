"""Files of data with some content, read or refused."""

import pytest

from tests.fitting.synthetic import content
from tlsmc.errors import SpecError
from tlsmc.fitting.problem import parse_fit

ROWS = "10,0.3,0.01\n20,0.31,0.01\n40,0.33,0.01\n"
GOOD = "T [mK],value [1/ns],error\n" + ROWS


def read(folder, text, quantity="1/tau_phi", **data):
    """The data set of a file ``d.csv`` with some content."""
    (folder / "d.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    sections = {"data": {"d": {"file": "d.csv", "quantity": quantity} | data}, "parameters": {"chi": {}}}
    return parse_fit(content(**sections), folder).model.sets[0]


def refused(folder, text, *arguments, **data):
    """The message, of one line, with which such a file is refused."""
    with pytest.raises(SpecError) as caught:
        read(folder, text, *arguments, **data)
    assert "\n" not in str(caught.value)
    return str(caught.value)
