// Copies a file to another place and reads it back to compare: the program needs a folder that it
// was granted for writing.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int complain(const char* path) {
  fprintf(stderr, "copy: %s: %s\n", path, strerror(errno));
  return 1;
}

static long copy(FILE* from, FILE* to) {
  char buffer[1024];
  long total = 0;
  size_t got;
  while ((got = fread(buffer, 1, sizeof buffer, from)) > 0) {
    if (fwrite(buffer, 1, got, to) != got) return -1;
    total += (long)got;
  }
  return ferror(from) ? -1 : total;
}

static int differ(FILE* a, FILE* b) {
  int x, y;
  do {
    x = getc(a);
    y = getc(b);
  } while (x == y && x != EOF);
  return x != y;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fputs("usage: copy FROM TO\n", stderr);
    return 2;
  }
  FILE* from = fopen(argv[1], "rb");
  if (!from) return complain(argv[1]);
  FILE* to = fopen(argv[2], "w+b");
  if (!to) return complain(argv[2]);
  long total = copy(from, to);
  if (total < 0 || fflush(to) != 0) return complain(argv[2]);
  rewind(from);
  rewind(to);
  if (differ(from, to)) return complain(argv[2]);
  fclose(from);
  fclose(to);
  struct stat about;
  if (stat(argv[2], &about) != 0) return complain(argv[2]);
  printf("copied %ld bytes from %s to %s (now %lld)\n", total, argv[1], argv[2],
         (long long)about.st_size);
  return 0;
}
