// Ranks of targets, and the best items, among the inner products of users with every item of a catalogue: a matrix
// product whose result is never written to memory. Each thread takes a part of the users; strip after strip of the items
// stays in its cache while all of them pass by.
#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels.h"
#include "threads.h"
#include "vectors.h"

namespace mvrec {
namespace {

constexpr size_t kUsers = 8;            // rows of one product
constexpr size_t kPanel = 32;           // items of one product
constexpr size_t kStrip = 16 * kPanel;  // items whose scores are held at a time
constexpr float kNever = -std::numeric_limits<float>::infinity();

// scores[u][i] = sum over k of users[u][k] panel[k][i], added up in the order of k, so that the scores of one user and
// item are equal to the last bit wherever they stand. R users at a time, as many as the registers of the set hold.
template <int L, size_t R>
MVREC_INLINE void ProductsOf(const float* users, const float* panel, size_t width, float* scores) {
  for (size_t group = 0; group < kUsers; group += R) {
    const float* const some = users + group * width;
    for (size_t first = 0; first < kPanel; first += 2 * L) {
      Floats<L> sums[R][2] = {};
      for (size_t k = 0; k < width; k++) {
        const Floats<L> left = Load<L>(panel + k * kPanel + first);
        const Floats<L> right = Load<L>(panel + k * kPanel + first + L);
#pragma GCC unroll 8
        for (size_t u = 0; u < R; u++) {
          const float factor = some[u * width + k];
          sums[u][0] += factor * left;
          sums[u][1] += factor * right;
        }
      }
#pragma GCC unroll 8
      for (size_t u = 0; u < R; u++) {
        Store<L>(scores + (group + u) * kStrip + first, sums[u][0]);
        Store<L>(scores + (group + u) * kStrip + first + L, sums[u][1]);
      }
    }
  }
}

// Not target_clones: the compiler takes vectors apart, lane by lane, that are longer than those of the processor.
__attribute__((target("avx512f,fma"))) void ProductsAvx512(const float* users, const float* panel, size_t width,
                                                           float* scores) {
  ProductsOf<16, 8>(users, panel, width, scores);
}
__attribute__((target("avx2,fma"))) void ProductsAvx2(const float* users, const float* panel, size_t width,
                                                      float* scores) {
  ProductsOf<8, 4>(users, panel, width, scores);
}
void ProductsSse(const float* users, const float* panel, size_t width, float* scores) {
  ProductsOf<4, 4>(users, panel, width, scores);
}

auto* ChooseProducts() {
  const bool fma = __builtin_cpu_supports("fma");
  if (fma && __builtin_cpu_supports("avx512f")) return ProductsAvx512;
  return fma && __builtin_cpu_supports("avx2") ? ProductsAvx2 : ProductsSse;
}
auto* const Products = ChooseProducts();

__attribute__((target_clones("avx512f", "avx2", "default")))
void Count(const float* scores, size_t items, float score, int32_t* above, int32_t* tied) {
  int32_t more = 0;
  int32_t equal = 0;
  for (size_t i = 0; i < items; i++) {
    more += scores[i] > score;
    equal += scores[i] == score;
  }
  *above += more;
  *tied += equal;
}

__attribute__((target_clones("avx512f", "avx2", "default")))
bool AnyAbove(const float* scores, float score) {
  int32_t more = 0;
  for (size_t i = 0; i < kPanel; i++) more += scores[i] > score;
  return more > 0;
}

// Lists of positions, one list a user; of `seen` ascending.
struct Lists {
  const int32_t* offsets;
  const int32_t* positions;
};

struct Catalogue {
  size_t width;
  size_t items;
  size_t users;
  const float* panels;   // [ceil(items / kPanel), width, kPanel]
  const float* vectors;  // [users, width]
  Lists seen;
};

Lists ReadLists(Arguments& arguments, const char* offsets_name, const char* name, size_t lists, size_t items) {
  const int32_t* offsets = arguments.Ints(offsets_name, lists + 1);
  bool falls = offsets[0] != 0;
  for (size_t l = 0; l < lists; l++) falls |= offsets[l + 1] < offsets[l];
  if (falls) arguments.Refuse(offsets_name, "do not rise from 0");
  const int32_t last = static_cast<int32_t>(items) - 1;
  return {offsets, arguments.IntsWithin(name, static_cast<size_t>(offsets[lists]), 0, last)};
}

Catalogue ReadCatalogue(Arguments& arguments) {
  Catalogue of{};
  of.width = static_cast<size_t>(arguments.Integer("width", 1, 1 << 20));
  of.items = static_cast<size_t>(arguments.Integer("items", 1, std::numeric_limits<int32_t>::max()));
  of.panels = arguments.Floats("panels", (of.items + kPanel - 1) / kPanel * kPanel * of.width);
  const Span<float> vectors = arguments.Floats("users");
  if (vectors.size % of.width != 0) arguments.Refuse("users", "is not made of whole rows");
  of.users = vectors.size / of.width;
  of.vectors = vectors.data;
  of.seen = ReadLists(arguments, "seenOffsets", "seen", of.users, of.items);
  const auto [offsets, seen] = of.seen;
  for (size_t u = 0; u < of.users; u++) {
    for (int32_t i = offsets[u] + 1; i < offsets[u + 1]; i++) {
      if (seen[i] < seen[i - 1]) arguments.Refuse("seen", "does not rise within a user");
    }
  }
  return of;
}

// The vectors of up to kUsers users one after another; nobody looks at what comes of the places behind them.
class Group {
 public:
  explicit Group(const Catalogue& of) : of_(of), rows_(kUsers * of.width) {}

  const float* Of(const size_t* users, size_t count) {
    for (size_t u = 0; u < count; u++) {
      std::copy_n(of_.vectors + users[u] * of_.width, of_.width, rows_.begin() + u * of_.width);
    }
    return rows_.data();
  }

 private:
  const Catalogue& of_;
  std::vector<float> rows_;
};

// Calls visit(user, scores, first item, items) for every user of [begin, end) and every strip of the catalogue, until it says
// that the user needs no more. Seen items score less than anything.
template <typename Visit>
void ForEachStrip(const Catalogue& of, size_t begin, size_t end, const Visit& visit) {
  std::vector<float> scores(kUsers * kStrip);
  std::vector<int32_t> next(of.seen.offsets + begin, of.seen.offsets + end);
  std::vector<size_t> going(end - begin);
  std::iota(going.begin(), going.end(), begin);
  Group group(of);
  for (size_t first = 0; first < of.items && !going.empty(); first += kStrip) {
    const size_t items = std::min(kStrip, of.items - first);
    size_t left = 0;
    for (size_t from = 0; from < going.size(); from += kUsers) {
      const size_t count = std::min(kUsers, going.size() - from);
      const float* const users = group.Of(going.data() + from, count);
      for (size_t item = 0; item < items; item += kPanel) {
        Products(users, of.panels + (first + item) * of.width, of.width, scores.data() + item);
      }
      for (size_t u = 0; u < count; u++) {
        const size_t user = going[from + u];
        float* row = scores.data() + u * kStrip;
        int32_t& at = next[user - begin];
        for (; at < of.seen.offsets[user + 1] && of.seen.positions[at] < static_cast<int32_t>(first + items); at++) {
          row[of.seen.positions[at] - first] = kNever;
        }
        if (visit(user, row, first, items)) going[left++] = user;
      }
    }
    going.resize(left);
  }
}

// The scores of the targets of the users [begin, end).
void ScoreTargets(const Catalogue& of, const Lists& targets, size_t begin, size_t end, float* scores) {
  std::vector<float> panel(of.width * kPanel);
  std::vector<float> products(kUsers * kStrip);
  Group group(of);
  for (size_t user = begin; user < end; user++) {
    const float* users = group.Of(&user, 1);
    for (int32_t from = targets.offsets[user]; from < targets.offsets[user + 1]; from += kPanel) {
      const int32_t to = std::min(targets.offsets[user + 1], from + static_cast<int32_t>(kPanel));
      for (int32_t t = from; t < to; t++) {
        const size_t item = targets.positions[t];
        const float* column = of.panels + item / kPanel * kPanel * of.width + item % kPanel;
        for (size_t k = 0; k < of.width; k++) panel[k * kPanel + (t - from)] = column[k * kPanel];
      }
      Products(users, panel.data(), of.width, products.data());
      std::copy(products.begin(), products.begin() + (to - from), scores + from);
    }
  }
}

// Puts an item into a list of falling scores, after its equals; the last one falls out.
void Insert(float* scores, int32_t* items, size_t length, float score, int32_t item) {
  size_t at = length - 1;
  for (; at > 0 && scores[at - 1] < score; at--) {
    scores[at] = scores[at - 1];
    items[at] = items[at - 1];
  }
  scores[at] = score;
  items[at] = item;
}

}  // namespace

void RankTargets(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Catalogue of = ReadCatalogue(arguments);
  const int32_t depth = arguments.Integer("depth", 0, std::numeric_limits<int32_t>::max());
  const Lists targets = ReadLists(arguments, "targetOffsets", "targets", of.users, of.items);
  const size_t count = targets.offsets[of.users];
  int32_t* above = arguments.Ints("above", count);
  int32_t* tied = arguments.Ints("tied", count);
  float* scores = arguments.Floats("scores", count);
  arguments.End();
  std::fill(above, above + count, 0);
  std::fill(tied, tied + count, 0);
  Parallel(threads, [&](size_t index) {
    const auto [begin, end] = Share(of.users, threads, index);
    ScoreTargets(of, targets, begin, end, scores);
    ForEachStrip(of, begin, end, [&](size_t user, const float* row, size_t, size_t items) {
      bool counts = depth == 0;
      for (int32_t t = targets.offsets[user]; t < targets.offsets[user + 1]; t++) {
        Count(row, items, scores[t], above + t, tied + t);
        counts |= above[t] < depth;
      }
      return counts;
    });
  });
}

void TopItems(Arguments& arguments) {
  const size_t threads = arguments.Integer("threads", 1, 1024);
  const Catalogue of = ReadCatalogue(arguments);
  const size_t length = arguments.Integer("length", 1, 1 << 20);
  int32_t* items = arguments.Ints("topItems", of.users * length);
  float* scores = arguments.Floats("topScores", of.users * length);
  arguments.End();
  std::fill(items, items + of.users * length, -1);
  std::fill(scores, scores + of.users * length, kNever);
  Parallel(threads, [&](size_t index) {
    const auto [begin, end] = Share(of.users, threads, index);
    ForEachStrip(of, begin, end, [&](size_t user, const float* row, size_t first, size_t count) {
      float* best = scores + user * length;
      for (size_t panel = 0; panel < count; panel += kPanel) {
        if (!AnyAbove(row + panel, best[length - 1])) continue;
        for (size_t i = panel; i < std::min(count, panel + kPanel); i++) {
          if (row[i] > best[length - 1]) Insert(best, items + user * length, length, row[i], static_cast<int32_t>(first + i));
        }
      }
      return true;
    });
  });
}

}  // namespace mvrec
