// Copies the named files, or the standard input where none or "-" is named, to the standard output.
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int copy(FILE* from) {
  char buffer[4096];
  size_t got;
  while ((got = fread(buffer, 1, sizeof buffer, from)) > 0) {
    if (fwrite(buffer, 1, got, stdout) != got) return 1;
  }
  return ferror(from);
}

int main(int argc, char** argv) {
  if (argc == 1) return copy(stdin);
  int failures = 0;
  for (int i = 1; i < argc; ++i) {
    FILE* file = strcmp(argv[i], "-") == 0 ? stdin : fopen(argv[i], "rb");
    if (!file) {
      fprintf(stderr, "cat: %s: %s\n", argv[i], strerror(errno));
      ++failures;
      continue;
    }
    failures += copy(file);
    if (file != stdin) fclose(file);
  }
  return failures > 0;
}
