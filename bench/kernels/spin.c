// Never ends by itself: it is there to be interrupted.
int main(void) {
  for (volatile unsigned turns = 0;; ++turns) {
  }
}
