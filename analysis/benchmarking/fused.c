/* The kernel's work as plainly as C can say it: both mechanisms of attenuation of every defect at one temperature and
   all frequencies, their sums, squares and product, and a look whether a contribution is above its floor.  One
   exponential for each defect; sums of their own for each segment of the defects.  Compiled by compiled_bound.py. */
#include <math.h>
#include <stdint.h>

#define TILE 512

int64_t fused(int64_t segments, const int64_t *restrict offsets, const double *restrict E,
              const double *restrict p, const double *restrict q, double T, double chi,
              double resonant_scale, double relaxation_scale, int64_t n_w, const double *restrict omega,
              const double *restrict floor, double *restrict totals, double *restrict products, int64_t room,
              int64_t *restrict places, double *restrict values, int64_t *restrict defects)
{
    double Gamma[TILE], resonant[TILE], relaxation[TILE];
    int64_t found = 0;
    for (int64_t s = 0; s < segments; s++, totals += 2 * n_w, products += 3 * n_w)
    for (int64_t start = offsets[s]; start < offsets[s + 1]; start += TILE) {
        const int64_t size = offsets[s + 1] - start < TILE ? offsets[s + 1] - start : TILE;
        const double *restrict e = E + start;
        for (int64_t i = 0; i < size; i++) {
            const double occupied = exp(-e[i] / T), inverse = 1.0 / (1.0 + occupied);
            const double tanh_y = (1.0 - occupied) * inverse;
            Gamma[i] = 0.5 * chi * p[start + i] * e[i] / tanh_y;
            resonant[i] = resonant_scale * 0.5 * p[start + i] * tanh_y * Gamma[i];
            relaxation[i] = relaxation_scale * q[start + i] * occupied * inverse * inverse / T * 2.0 * Gamma[i];
        }
        for (int64_t j = 0; j < n_w; j++) {
            const double w = omega[j], least_a = floor[j], least_b = floor[n_w + j];
            double a_sum = 0.0, b_sum = 0.0, aa = 0.0, ab = 0.0, bb = 0.0;
            int64_t hits = 0;
            for (int64_t i = 0; i < size; i++) {
                const double d = w - e[i], width = Gamma[i] * Gamma[i];
                const double a = resonant[i] / (d * d + width), b = w * relaxation[i] / (w * w + 4.0 * width);
                a_sum += a;
                b_sum += b;
                aa += a * a;
                ab += a * b;
                bb += b * b;
                hits += (a > least_a) + (b > least_b);
            }
            totals[j] += a_sum;
            totals[n_w + j] += b_sum;
            products[j] += aa;
            products[n_w + j] += ab;
            products[2 * n_w + j] += bb;
            if (!hits)
                continue;
            for (int64_t i = 0; i < size; i++) {
                const double d = w - e[i], width = Gamma[i] * Gamma[i];
                const double part[2] = {resonant[i] / (d * d + width), w * relaxation[i] / (w * w + 4.0 * width)};
                for (int64_t k = 0; k < 2; k++)
                    if (part[k] > (k ? least_b : least_a)) {
                        if (found < room) {
                            places[found] = k * n_w + j;
                            values[found] = part[k];
                            defects[found] = start + i;
                        }
                        found++;
                    }
            }
        }
    }
    return found;
}
