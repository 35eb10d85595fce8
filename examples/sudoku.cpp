// Solves sudokus: each argument is a puzzle of 81 characters, row by row, with 0 or . where the
// cell is empty. Without an argument it solves one that is hard for a search.
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

namespace {

constexpr int side = 9;
constexpr std::string_view hard_puzzle =
    "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";

class Sudoku {
 public:
  static std::optional<Sudoku> parse(std::string_view text) {
    Sudoku sudoku;
    if (text.size() != side * side) return std::nullopt;
    for (int i = 0; i < side * side; ++i) {
      if (text[i] == '.' || text[i] == '0') continue;
      int digit = text[i] - '1';
      if (digit < 0 || digit >= side || !(sudoku.free_digits(i) >> digit & 1)) return std::nullopt;
      sudoku.put(i, digit);
    }
    return sudoku;
  }

  /// Fills the cell with the fewest choices first; false where there is no solution.
  bool solve() {
    ++visits_;
    int best = -1, fewest = side + 1;
    for (int i = 0; i < side * side; ++i) {
      if (cells_[i] >= 0) continue;
      int choices = std::popcount(free_digits(i));
      if (choices < fewest) best = i, fewest = choices;
    }
    if (best < 0) return true;
    for (unsigned digits = free_digits(best); digits; digits &= digits - 1) {
      int digit = std::countr_zero(digits);
      put(best, digit);
      if (solve()) return true;
      take(best, digit);
    }
    return false;
  }

  void print() const {
    for (int row = 0; row < side; ++row) {
      if (row % 3 == 0) std::puts("+-------+-------+-------+");
      for (int column = 0; column < side; ++column) {
        std::printf("%s%c ", column % 3 == 0 ? "| " : "", '1' + cells_[row * side + column]);
      }
      std::puts("|");
    }
    std::puts("+-------+-------+-------+");
    std::printf("%d positions visited\n", visits_);
  }

 private:
  Sudoku() { cells_.fill(-1); }

  static int box(int i) { return i / 27 * 3 + i % side / 3; }

  /// A bit for each digit that the row, the column and the box of a cell still allow.
  unsigned free_digits(int i) const {
    return ~(rows_[i / side] | columns_[i % side] | boxes_[box(i)]) & 0x1ffU;
  }

  void mark(int i, int digit) {
    std::uint16_t bit = static_cast<std::uint16_t>(1U << digit);
    rows_[i / side] ^= bit;
    columns_[i % side] ^= bit;
    boxes_[box(i)] ^= bit;
  }

  void put(int i, int digit) {
    cells_[i] = static_cast<std::int8_t>(digit);
    mark(i, digit);
  }

  void take(int i, int digit) {
    cells_[i] = -1;
    mark(i, digit);
  }

  std::array<std::int8_t, side * side> cells_;
  std::array<std::uint16_t, side> rows_{}, columns_{}, boxes_{};
  int visits_ = 0;
};

bool solve_and_print(std::string_view puzzle) {
  auto sudoku = Sudoku::parse(puzzle);
  if (!sudoku) {
    std::puts("not a sudoku");
    return false;
  }
  if (!sudoku->solve()) {
    std::puts("no solution");
    return false;
  }
  sudoku->print();
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) return solve_and_print(hard_puzzle) ? 0 : 1;
  bool is_solved = true;
  for (int i = 1; i < argc; ++i) is_solved = solve_and_print(argv[i]) && is_solved;
  return is_solved ? 0 : 1;
}
