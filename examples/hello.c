// The first program: one line on the standard output.
#include <stdio.h>

int main(void) {
  puts("Hello from WebAssembly!");
  return 0;
}
