// The smallest useful command: what is measured is the start of a process, not the program.
#include <stdio.h>

int main(void) {
  puts("Hello from WebAssembly!");
  return 0;
}
