// Planets under gravity, a leapfrog step at a time: doubles in memory, divisions, square roots.
#include <math.h>

#include "kernel.h"

enum { body_count = 5 };

struct body {
  double position[3];
  double velocity[3];
  double mass;
};

/// The sun and four made-up planets on near-circular orbits; units of AU, years, solar masses.
static void place(struct body bodies[body_count]) {
  static const double radius[body_count] = {0, 1.0, 5.2, 9.5, 19.2};
  static const double mass[body_count] = {1.0, 3.0e-6, 9.5e-4, 2.9e-4, 4.4e-5};
  for (int i = 0; i < body_count; ++i) {
    struct body* b = &bodies[i];
    double speed = i == 0 ? 0 : 6.283185307179586 / sqrt(radius[i]);
    double tilt = 0.02 * i;
    *b = (struct body){{radius[i], 0, radius[i] * tilt}, {0, speed, speed * tilt}, mass[i]};
  }
}

static void kick(struct body* a, struct body* b, double dt) {
  double d[3], square = 0;
  for (int k = 0; k < 3; ++k) {
    d[k] = a->position[k] - b->position[k];
    square += d[k] * d[k];
  }
  double pull = 39.47841760435743 * dt / (square * sqrt(square));
  for (int k = 0; k < 3; ++k) {
    a->velocity[k] -= d[k] * b->mass * pull;
    b->velocity[k] += d[k] * a->mass * pull;
  }
}

static void advance(struct body bodies[body_count], double dt) {
  for (int i = 0; i < body_count; ++i) {
    for (int j = i + 1; j < body_count; ++j) kick(&bodies[i], &bodies[j], dt);
  }
  for (int i = 0; i < body_count; ++i) {
    for (int k = 0; k < 3; ++k) bodies[i].position[k] += dt * bodies[i].velocity[k];
  }
}

int main(int argc, char** argv) {
  long steps = kernel_size(argc, argv, 250000);
  struct body bodies[body_count];
  place(bodies);
  for (long s = 0; s < steps; ++s) advance(bodies, 0.001);
  uint64_t hash = 0;
  for (int i = 0; i < body_count; ++i) hash = mix_doubles(hash, bodies[i].position, 3);
  return kernel_done("nbody", hash);
}
