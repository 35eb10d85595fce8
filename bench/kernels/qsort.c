// A generic quicksort over records, its order given by a function pointer: calls through a table,
// unpredictable branches, memory moves. It brings its own sort: those of C libraries differ.
#include "kernel.h"

enum { record_count = 4096, insertion_limit = 12 };

struct record {
  uint32_t key;
  uint32_t payload;
};

typedef int (*order)(const struct record*, const struct record*);

static int by_key(const struct record* a, const struct record* b) {
  return (a->key > b->key) - (a->key < b->key);
}

static int by_payload(const struct record* a, const struct record* b) {
  return (a->payload > b->payload) - (a->payload < b->payload);
}

static void swap(struct record* a, struct record* b) {
  struct record kept = *a;
  *a = *b;
  *b = kept;
}

static void insertion_sort(struct record* first, struct record* last, order compare) {
  for (struct record* i = first + 1; i <= last; ++i) {
    for (struct record* j = i; j > first && compare(j, j - 1) < 0; --j) swap(j, j - 1);
  }
}

/// Sorts [first, last]; recursion takes the smaller side, so its depth is logarithmic.
static void quicksort(struct record* first, struct record* last, order compare) {
  while (last - first > insertion_limit) {
    struct record* middle = first + (last - first) / 2;
    if (compare(middle, first) < 0) swap(middle, first);
    if (compare(last, first) < 0) swap(last, first);
    if (compare(last, middle) < 0) swap(last, middle);
    struct record pivot = *middle;
    struct record *i = first, *j = last;
    do {
      while (compare(i, &pivot) < 0) ++i;
      while (compare(&pivot, j) < 0) --j;
      if (i <= j) swap(i++, j--);
    } while (i <= j);
    if (j - first < last - i) {
      quicksort(first, j, compare);
      first = i;
    } else {
      quicksort(i, last, compare);
      last = j;
    }
  }
  insertion_sort(first, last, compare);
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 120);
  static struct record records[record_count];
  static const order orders[2] = {by_key, by_payload};
  uint32_t random = 12345;
  uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) {
    for (int i = 0; i < record_count; ++i) {
      records[i].key = next_random(&random);
      records[i].payload = next_random(&random) % 1000003 * 4096 + (uint32_t)i;
    }
    quicksort(records, records + record_count - 1, orders[r & 1]);
    for (int i = 0; i < record_count; i += 97)
      hash = mix(hash, records[i].key ^ records[i].payload);
  }
  return kernel_done("qsort", hash);
}
