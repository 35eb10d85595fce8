// A mix of small jobs as embedded code has them: a linked list that is searched, reversed and
// sorted, a matrix of 16-bit numbers, a state machine that reads numbers, and a CRC over it all.
#include "kernel.h"

enum { list_length = 200, matrix_side = 16, text_length = 400 };

struct item {
  struct item* next;
  int16_t key;
  int16_t value;
};

static uint16_t crc16(uint16_t crc, uint16_t word) {
  for (int bit = 0; bit < 16; ++bit) {
    int carry = (crc ^ word) & 1;
    word >>= 1;
    crc >>= 1;
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

// ---- the list ----

static struct item items[list_length];

static struct item* build_list(uint32_t* random) {
  for (int i = 0; i < list_length; ++i) {
    items[i].next = i + 1 < list_length ? &items[i + 1] : NULL;
    items[i].key = (int16_t)(next_random(random) & 0x7fff);
    items[i].value = (int16_t)i;
  }
  return items;
}

static struct item* reverse(struct item* list) {
  struct item* reversed = NULL;
  while (list) {
    struct item* next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

static const struct item* find(const struct item* list, int16_t value) {
  while (list && list->value != value) list = list->next;
  return list;
}

typedef int (*item_order)(const struct item*, const struct item*);

static int by_key(const struct item* a, const struct item* b) { return a->key - b->key; }
static int by_value(const struct item* a, const struct item* b) { return a->value - b->value; }

static struct item* merge(struct item* a, struct item* b, item_order compare) {
  struct item head = {0};
  struct item* tail = &head;
  while (a && b) {
    struct item** least = compare(a, b) <= 0 ? &a : &b;
    tail->next = *least;
    tail = tail->next;
    *least = (*least)->next;
  }
  tail->next = a ? a : b;
  return head.next;
}

static struct item* sort(struct item* list, int length, item_order compare) {
  if (length < 2) {
    if (list) list->next = NULL;
    return list;
  }
  struct item* second = list;
  for (int i = 0; i < length / 2; ++i) second = second->next;
  struct item* upper = sort(second, length - length / 2, compare);
  return merge(sort(list, length / 2, compare), upper, compare);
}

static uint16_t list_job(uint32_t* random, item_order first, item_order second) {
  struct item* list = build_list(random);
  uint16_t crc = 0;
  for (int i = 0; i < 30; ++i) {
    list = reverse(list);
    const struct item* found = find(list, (int16_t)(i * 5));
    if (found) crc = crc16(crc, (uint16_t)found->key);
  }
  list = sort(list, list_length, first);
  for (const struct item* at = list; at; at = at->next) crc = crc16(crc, (uint16_t)at->value);
  list = sort(list, list_length, second);
  return crc16(crc, (uint16_t)list->key);
}

// ---- the matrix ----

static uint16_t matrix_job(int16_t seed) {
  static int16_t a[matrix_side][matrix_side], b[matrix_side][matrix_side];
  static int32_t c[matrix_side][matrix_side];
  for (int i = 0; i < matrix_side; ++i) {
    for (int j = 0; j < matrix_side; ++j) {
      a[i][j] = (int16_t)(seed + i * 3 - j);
      b[i][j] = (int16_t)(seed * 2 - i + j * 5);
    }
  }
  uint16_t crc = 0;
  for (int i = 0; i < matrix_side; ++i) {
    for (int j = 0; j < matrix_side; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < matrix_side; ++k) sum += (int32_t)a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
  for (int i = 0; i < matrix_side; ++i) {
    for (int j = 0; j < matrix_side; ++j) a[i][j] = (int16_t)(c[i][j] >> 2 & 0x7f);
    crc = crc16(crc, (uint16_t)(a[i][i] + c[i][matrix_side - 1 - i]));
  }
  return crc;
}

// ---- the state machine ----

enum state {
  start,
  sign,
  integer,
  fraction,
  exponent,
  exponent_sign,
  exponent_digits,
  invalid,
  state_count
};

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static enum state next_state(enum state now, char c) {
  switch (now) {
    case start:
      return is_digit(c) ? integer : c == '+' || c == '-' ? sign : c == '.' ? fraction : invalid;
    case sign: return is_digit(c) ? integer : c == '.' ? fraction : invalid;
    case integer:
      return is_digit(c) ? integer : c == '.' ? fraction : c == 'e' ? exponent : invalid;
    case fraction: return is_digit(c) ? fraction : c == 'e' ? exponent : invalid;
    case exponent: return is_digit(c) ? exponent_digits : c == '-' ? exponent_sign : invalid;
    case exponent_sign:
    case exponent_digits: return is_digit(c) ? exponent_digits : invalid;
    default: return invalid;
  }
}

static uint16_t state_job(uint32_t* random) {
  static const char alphabet[] = "0123456789+-.e,,";
  char text[text_length];
  for (int i = 0; i < text_length; ++i) text[i] = alphabet[next_random(random) >> 9 & 15];
  uint16_t ends[state_count] = {0}, visits[state_count] = {0};
  enum state now = start;
  for (int i = 0; i < text_length; ++i) {
    if (text[i] == ',') {
      ++ends[now];
      now = start;
    } else {
      now = next_state(now, text[i]);
      ++visits[now];
    }
  }
  uint16_t crc = 0;
  for (int i = 0; i < state_count; ++i) crc = crc16(crc16(crc, ends[i]), visits[i]);
  return crc;
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 900);
  static const item_order orders[2] = {by_key, by_value};
  uint32_t random = 0x3415;
  uint16_t crc = 0;
  for (long r = 0; r < rounds; ++r) {
    crc = crc16(crc, list_job(&random, orders[r & 1], orders[~r & 1]));
    crc = crc16(crc, matrix_job((int16_t)(r & 0xff)));
    crc = crc16(crc, state_job(&random));
  }
  return kernel_done("coremark_mix", crc);
}
