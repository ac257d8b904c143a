"""Response of one defect to the field of a resonator: loss, frequency shift, and saturation (beyond the paper).

Bloch's equations give the susceptibility p tanh(E/2T) [1/(E - omega - i Gamma) + 1/(E + omega + i Gamma)], times
a factor that is the same for all defects, with Gamma of Eq. 11.  Its imaginary part is the loss, its real part pulls
the frequency of the resonator.  A field of the intensity I lowers the difference of the occupations, tanh(E/2T), by the
factor [(omega - E)^2 + Gamma^2]/[(omega - E)^2 + (1 + I/I_c) Gamma^2], one I_c for all defects.
"""

from tlsmc.physics.defect import Real


def absorptive_line(omega: Real, E: Real, Gamma: Real, saturation: Real) -> Real:
    """Imaginary part of the line, Gamma/[(omega - E)^2 + Gamma^2] less its partner at -E, lowered by saturation.

    Over a common denominator, for the difference would cancel off resonance.
    """
    detuning, partner, width = omega - E, omega + E, Gamma * Gamma
    return 4.0 * omega * E * Gamma / ((detuning * detuning + saturation * width) * (partner * partner + width))


def reactive_line(omega: Real, E: Real, Gamma: Real, saturation: Real) -> Real:
    """Real part of the line, (E - omega)/[(E - omega)^2 + Gamma^2] and its partner at -E, lowered by saturation.

    Over a common denominator, for the sum of the two would cancel at E << omega.
    """
    detuning, partner, width = E - omega, E + omega, Gamma * Gamma
    lorentzians = (detuning * detuning + saturation * width) * (partner * partner + width)
    return 2.0 * E * (detuning * partner + width) / lorentzians


def reactive_loss(omega: Real, E: Real, Gamma: Real, difference: Real, susceptibility: Real, saturation: Real) -> Real:
    """Real part of the line at T = 0 less tanh(E/2T) times the one at T: what the temperature takes of the response.

    The lines differ in their widths too, Gamma at T and Gamma tanh(E/2T) at T = 0.  Written as a sum of two terms that
    vanish with the thermal occupation, so that nothing cancels at T << E.
    """
    detuning, partner = E - omega, E + omega
    product, squares = detuning * partner, detuning * detuning + saturation * partner * partner
    hot, excess = Gamma * Gamma, Gamma * Gamma * susceptibility
    cold = hot * difference * difference
    lines = (detuning * detuning + saturation * hot) * (partner * partner + hot)
    sharper = (detuning * detuning + saturation * cold) * (partner * partner + cold)
    narrowing = product * (squares - product + saturation * (hot + cold)) + saturation * hot * cold
    deficit = susceptibility / (1.0 + difference)
    return 2.0 * E / lines * (deficit * (product + hot) + excess * narrowing / sharper)
