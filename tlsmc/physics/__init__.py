"""One equation, one pure function: floats or arrays in, the same out, in units with k_B = hbar = 1.

The functions use arithmetic and numpy's elementwise functions only, so that the same code serves arrays
and compiled scalar loops.  Equation numbers are those of Aleiner, Altshuler, Galperin, Shutenko,
Phys. Rev. B 63, 201401 (2001).
"""
