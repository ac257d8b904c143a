"""One equation, one pure function of floats or arrays that broadcast, in units with k_B = hbar = 1.

Energies, temperatures, rates and angular frequencies are in one unit, times in its inverse; what is returned has the
common shape of the arguments.  The functions use arithmetic and numpy's elementwise functions only, so that the same
code serves arrays and compiled scalar loops.  Equation numbers are those of Aleiner, Altshuler, Galperin, Shutenko,
Phys. Rev. B 63, 201401 (2001).
"""
