// Shows what a program was given: its arguments and its environment.
#include <stdio.h>
#include <stdlib.h>

extern char** environ;

int main(int argc, char** argv) {
  printf("%d arguments\n", argc - 1);
  for (int i = 1; i < argc; ++i) printf("  [%d] \"%s\"\n", i, argv[i]);
  int count = 0;
  while (environ && environ[count]) ++count;
  printf("%d variables\n", count);
  for (int i = 0; i < count; ++i) printf("  %s\n", environ[i]);
  const char* code = getenv("EXIT_CODE");
  return code ? atoi(code) : 0;
}
