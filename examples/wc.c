// Counts lines, words and bytes of the named files or of the standard input.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct counts {
  long lines;
  long words;
  long bytes;
};

static struct counts count(FILE* from) {
  struct counts sum = {0};
  int in_word = 0, c;
  while ((c = getc(from)) != EOF) {
    ++sum.bytes;
    sum.lines += c == '\n';
    int is_word = !isspace(c);
    sum.words += is_word && !in_word;
    in_word = is_word;
  }
  return sum;
}

static void show(struct counts sum, const char* name) {
  printf("%7ld %7ld %7ld%s%s\n", sum.lines, sum.words, sum.bytes, *name ? " " : "", name);
}

int main(int argc, char** argv) {
  if (argc == 1) show(count(stdin), "");
  struct counts total = {0};
  int failures = 0;
  for (int i = 1; i < argc; ++i) {
    FILE* file = fopen(argv[i], "rb");
    if (!file) {
      fprintf(stderr, "wc: %s: %s\n", argv[i], strerror(errno));
      ++failures;
      continue;
    }
    struct counts sum = count(file);
    fclose(file);
    show(sum, argv[i]);
    total.lines += sum.lines;
    total.words += sum.words;
    total.bytes += sum.bytes;
  }
  if (argc > 2) show(total, "total");
  return failures > 0;
}
