"""One equation, one pure function of floats or arrays that broadcast, in units with k_B = hbar = 1.

Energies, temperatures, rates and angular frequencies are in one unit, times in its inverse; what is returned has the
common shape of the arguments.  The functions use arithmetic and numpy's elementwise functions only, so that the same
code serves arrays and compiled scalar loops.  Equation numbers are those of Aleiner, Altshuler, Galperin, Shutenko,
Phys. Rev. B 63, 201401 (2001).

Parameters
----------
E, Delta, Lambda
    Splitting, asymmetry and tunnelling amplitude of a defect; of a Kondo defect, Delta is the splitting.
p, q
    Tunnelling fraction (Lambda/E)^2, and 1 - p, which has its own name since the difference would cancel.
T, omega, t
    Temperature, angular frequency of the drive or of a spectrum, and time.
chi
    Inelastic cross-section in units of its unitary limit, 0 < chi <= 1.
Gamma, rate
    Linewidth, i.e. hbar/T2 (Eq. 11), and relaxation rate 1/T1 = 2 Gamma.
difference, susceptibility
    tanh(E/2T) and sech^2(E/2T).
T_K, x, y
    Kondo temperature, T_K/T >= 0 and Delta/T >= 0.
a, v
    Amplitude of the drive, and coupling of a signal to sigma_z.
saturation
    1 + I/I_c of a field of the intensity I.
n_T, n_e, fermi_energy
    Densities of defects and of electrons per volume in any one unit of length, and eps_F.
E_star, L
    Largest splitting, and logarithm of Eq. 8.
tau_in, tau_phi
    Inelastic and dephasing time of electrons.
"""
