// Small products on tiles that stay in the cache, of which attention is made.
//
// They read units of 32 bits: one float, or two bfloat16 that are neighbours along the summed dimension. The processor
// multiplies as many units at once as its registers hold, and sums in float.

#pragma once

#include <stdlib.h>
#include <algorithm>

#include "lanes.h"

namespace {

constexpr int R = LANES == 8 ? 4 : 8;      // rows of a tile: its sums fill half of the registers, 16 with AVX2, 32 else
constexpr int TILES = LANES == 8 ? 4 : 1;  // that read the same columns one after another, while those are in the cache
constexpr int ROWS = R * TILES;
constexpr int LINE = 16;  // columns that lie together in a panel

// What is on the right of a product lies in panels of LINE columns: element (p, j) of a matrix of `lines` rows is at
// (j / LINE) * lines * LINE + p * LINE + j % LINE, so that a tile reads memory in order.
struct Panels {
    const uint32_t* units;
    int64_t lines;
    const uint32_t* at(int64_t line, int64_t column) const {
        return units + (column / LINE * lines + line) * LINE + column % LINE;
    }
};

// Lines of panels that a product sums over.
struct Lines {
    int begin, count;
};

// One tile of a product, counted in units: for r < H, v < V and lane < LANES, c[r][LANES v + lane] is the sum over
// `count` lines p of left[row[r] + p * step] . right(begin + p, j + LANES v + lane).
template <class E, int V, int H = R>
inline void tile(const uint32_t* left, const int64_t* row, int64_t step, Panels right, Lines lines, int j, float* c,
                 int64_t c_row) {
    const uint32_t* at[V];
    for (int v = 0; v < V; ++v) at[v] = right.at(lines.begin, j + LANES * v);
    Floats sum[H][V] = {};
    for (int p = 0; p < lines.count; ++p) {
        Units b[V];
        for (int v = 0; v < V; ++v) b[v] = load_once(at[v] + p * LINE);
        for (int r = 0; r < H; ++r) {
            uint32_t a = left[row[r] + p * step];
            for (int v = 0; v < V; ++v) sum[r][v] = Unit<E>::multiply(sum[r][v], a, b[v]);
        }
    }
    for (int r = 0; r < H; ++r)
        for (int v = 0; v < V; ++v) store(c + r * c_row + LANES * v, sum[r][v]);
}

// The same for `rows` rows, rounded up to a multiple of H, and the columns from `begin` to `end`, multiples of LINE.
template <class E, int H = R>
inline void product(const uint32_t* left, const int64_t* row, int64_t step, Panels right, Lines lines, int rows,
                    int begin, int end, float* c, int64_t c_row) {
    int j = begin;
    for (; j + 2 * LANES <= end; j += 2 * LANES)
        for (int r = 0; r < rows; r += H)
            tile<E, 2, H>(left, row + r, step, right, lines, j, c + r * c_row + j, c_row);
    if (j < end)
        for (int r = 0; r < rows; r += H)
            tile<E, 1, H>(left, row + r, step, right, lines, j, c + r * c_row + j, c_row);
}

// Transposes x [length, d], in units along d, to panels of [d / elements, padded]; columns from `length` on are zero.
inline void transpose_units(const uint32_t* x, int64_t stride, int length, int units, int padded, uint32_t* out) {
    for (int begin = 0; begin < padded; begin += LINE) {
        const int rows = std::min(LINE, length - begin);
        for (int p = 0; p < units; ++p, out += LINE)
            if (rows == LINE)
                for (int j = 0; j < LINE; ++j) out[j] = x[(begin + j) * stride + p];
            else
                for (int j = 0; j < LINE; ++j) out[j] = j < rows ? x[(begin + j) * stride + p] : 0;
    }
}

// Rearranges x [length, d] into units that hold neighbouring rows: panels of [ceil(length / elements), d].
inline void row_units(const float* x, int64_t stride, int length, int d, uint32_t* out) {
    for (int c = 0; c < d; c += LINE)
        for (int j = 0; j < length; ++j, out += LINE) memcpy(out, x + j * stride + c, LINE * sizeof(float));
}
inline void row_units(const bf16* x, int64_t stride, int length, int d, uint32_t* out) {
    for (int c = 0; c < d; c += LINE)
        for (int j = 0; j < length; j += 2, out += LINE) {
            const bf16* a = x + j * stride + c;
            const bf16* b = a + stride;
            if (j + 1 < length)
                for (int i = 0; i < LINE; ++i) out[i] = uint32_t(a[i].bits) | uint32_t(b[i].bits) << 16;
            else
                for (int i = 0; i < LINE; ++i) out[i] = a[i].bits;
        }
}

// Writes `rows` rows of floats, an even number, from row `first` on, as units that hold neighbouring rows: into panels
// of [lines, columns]. The last argument only selects the type.
inline void pair_rows(const float* c, int64_t c_row, int rows, int columns, int64_t lines, int first, uint32_t* out,
                      float*) {
    for (int j = 0; j < columns; j += LINE)
        for (int r = 0; r < rows; ++r)
            memcpy(out + ((j / LINE) * lines + first + r) * LINE, c + r * c_row + j, LINE * sizeof(float));
}
inline void pair_rows(const float* c, int64_t c_row, int rows, int columns, int64_t lines, int first, uint32_t* out,
                      bf16*) {
    for (int r = 0; r < rows; r += 2)
        for (int j = 0; j < columns; j += LANES) {
            const float* a = c + r * c_row + j;
            uint32_t* to = out + ((j / LINE) * lines + (first + r) / 2) * LINE + j % LINE;
            store(to, rounded(load(a)) | rounded(load(a + c_row)) << 16);
        }
}

// Stores `rows` rows of n floats, each multiplied by its factor if there are factors.
template <class E>
inline void store_rows(const float* c, int64_t c_row, int rows, int n, const float* factor, E* out, int64_t stride) {
    for (int r = 0; r < rows; ++r) {
        const float f = factor ? factor[r] : 1.0f;
        for (int j = 0; j < n; j += LANES) store(out + r * stride + j, load(c + r * c_row + j) * f);
    }
}

// Memory of one thread, kept between texts and enlarged when a longer one comes.
struct Scratch {
    char* memory = nullptr;
    size_t size = 0, used = 0;
    ~Scratch() { free(memory); }
    void reserve(size_t bytes) {
        used = 0;
        if (bytes <= size) return;
        free(memory);
        memory = static_cast<char*>(aligned_alloc(64, (bytes + 4095) / 4096 * 4096));
        size = bytes;
    }
    template <class T>
    T* take(int64_t n) {
        T* at = reinterpret_cast<T*>(memory + used);
        used += (n * sizeof(T) + 63) / 64 * 64;
        return at;
    }
};

// n rounded up to a multiple of `of`.
inline int multiple_of(int n, int of) { return (n + of - 1) / of * of; }

// Where N rows begin. Beyond the last row it is repeated; those results are never stored.
template <int N = ROWS>
inline void row_offsets(int first, int length, int64_t stride, int64_t* row) {
    for (int r = 0; r < N; ++r) row[r] = int64_t(std::min(first + r, length - 1)) * stride;
}

}  // namespace
