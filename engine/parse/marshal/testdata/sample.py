"""A module with everything that the reader has to tell apart. It is compiled by each Python and run by none."""
from __future__ import print_function
import os
import os.path as path
import subprocess as sp
from base64 import b64decode as unpack, b64encode
import xml.dom

LIMIT = 70000
BIG = 123456789012345678901234567890
NEGATIVE = -123456789012345678901234567890
VALUES = (None, True, False, 1.5, -0.25, 2j, u"caf\u00e9", b"\x00\xff", Ellipsis, (1, (2, (3,))))


def first(a, b=2, *args, **kwargs):
    """Print a marker."""
    os.system("echo weighbridge")
    path.join(a, b)
    value = sp.check_output(["echo", "weighbridge"])
    unpack(value)
    return [x for x in args if x in {1, 2, 3}]


class Layer(object):
    kind = os.sep

    def call(self, inputs):
        eval("print('weighbridge')")
        module = __import__("socket")
        module.create_connection(("weighbridge.invalid", 80))
        getattr(os, "popen")("echo weighbridge")
        return inputs[1:2], self.shape.__class__.__subclasses__

    def outer(self):
        captured = xml.dom

        def inner():
            yield captured.minidom

        return inner


square = lambda x: x ** 2
print(square(LIMIT), b64encode)
exec("print('weighbridge')", {})
