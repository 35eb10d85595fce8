// A bytecode machine (a switch in a loop) that runs a prime sieve and Collatz chains: how well an
// engine runs another interpreter, so br_table, loads and unpredictable jumps.
#include "kernel.h"

enum { memory_words = 4096, register_count = 16 };

enum opcode {
  op_halt,
  op_set,            // r[a] = immediate
  op_move,           // r[a] = r[b]
  op_add,            // r[a] += r[b]
  op_add_immediate,  // r[a] += immediate
  op_multiply_immediate,
  op_shift_right,    // r[a] >>= immediate
  op_and_immediate,  // r[a] = r[b] & immediate
  op_load,           // r[a] = memory[r[b]]
  op_store,          // memory[r[b]] = r[a]
  op_jump,
  op_jump_if_less,  // if (r[a] < r[b]) jump
  op_jump_if_zero,  // if (r[a] == 0) jump
};

struct instruction {
  uint8_t code;
  uint8_t a;
  uint8_t b;
  int32_t immediate;
};

enum { zero, limit, i, j, flag, primes, n, odd, steps, bound, one };

static const struct instruction program[] = {
    // memory[0..limit) = 1
    {op_set, i, 0, 0},
    {op_set, one, 0, 1},
    {op_store, one, i, 0},  // 2:
    {op_add_immediate, i, 0, 1},
    {op_jump_if_less, i, limit, 2},
    // sieve of Eratosthenes
    {op_set, i, 0, 2},
    {op_load, flag, i, 0},  // 6:
    {op_jump_if_zero, flag, 0, 14},
    {op_add_immediate, primes, 0, 1},
    {op_move, j, i, 0},
    {op_add, j, i, 0},  // 10:
    {op_jump_if_less, limit, j, 14},
    {op_store, zero, j, 0},
    {op_jump, 0, 0, 10},
    {op_add_immediate, i, 0, 1},  // 14:
    {op_jump_if_less, i, limit, 6},
    // lengths of the Collatz chains that start below `bound`
    {op_set, i, 0, 1},
    {op_move, n, i, 0},             // 17:
    {op_and_immediate, odd, n, 1},  // 18:
    {op_jump_if_zero, odd, 0, 23},
    {op_multiply_immediate, n, 0, 3},
    {op_add_immediate, n, 0, 1},
    {op_jump, 0, 0, 24},
    {op_shift_right, n, 0, 1},        // 23:
    {op_add_immediate, steps, 0, 1},  // 24:
    {op_jump_if_less, one, n, 18},
    {op_add_immediate, i, 0, 1},
    {op_jump_if_less, i, bound, 17},
    {op_halt, 0, 0, 0},
};

static int64_t memory[memory_words + 1];

static void run(const struct instruction* code, int64_t r[register_count]) {
  const struct instruction* at = code;
  for (;;) {
    struct instruction in = *at++;
    switch ((enum opcode)in.code) {
      case op_halt: return;
      case op_set: r[in.a] = in.immediate; break;
      case op_move: r[in.a] = r[in.b]; break;
      case op_add: r[in.a] += r[in.b]; break;
      case op_add_immediate: r[in.a] += in.immediate; break;
      case op_multiply_immediate: r[in.a] *= in.immediate; break;
      case op_shift_right: r[in.a] >>= in.immediate; break;
      case op_and_immediate: r[in.a] = r[in.b] & in.immediate; break;
      case op_load: r[in.a] = memory[r[in.b]]; break;
      case op_store: memory[r[in.b]] = r[in.a]; break;
      case op_jump: at = code + in.immediate; break;
      case op_jump_if_less:
        if (r[in.a] < r[in.b]) at = code + in.immediate;
        break;
      case op_jump_if_zero:
        if (r[in.a] == 0) at = code + in.immediate;
        break;
    }
  }
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 55);
  uint64_t hash = 0;
  for (long k = 0; k < rounds; ++k) {
    int64_t registers[register_count] = {0};
    registers[limit] = memory_words - k % 64;
    registers[bound] = 300 + k % 32;
    run(program, registers);
    hash = mix(hash, (uint64_t)(registers[primes] * 1000003 + registers[steps]));
  }
  return kernel_done("vm", hash);
}
