// The most frequent words of the standard input, with C++ streams and containers.
#include <algorithm>
#include <cctype>
#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <vector>

int main() {
  std::map<std::string, int> counts;
  std::string word;
  while (std::cin >> word) {
    std::erase_if(word, [](unsigned char c) { return std::isalpha(c) == 0; });
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!word.empty()) ++counts[word];
  }
  std::vector<std::pair<std::string, int>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  order.resize(std::min<std::size_t>(order.size(), 8));
  for (const auto& [text, count] : order) {
    std::cout << std::left << std::setw(12) << text << std::right << std::setw(4) << count << ' '
              << std::string(static_cast<std::size_t>(count), '*') << '\n';
  }
  std::cout << counts.size() << " different words\n";
}
