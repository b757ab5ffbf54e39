// Attention of each text's first token to the text's hidden states, without keys and values: what the last layer
// computes where the head reads no other token. `_first.py` derives it, and `reference_attend_first` there defines it.

#pragma once

#include <algorithm>

#include "rows.h"

namespace {

// For one head of one text: weights = softmax(x . carried) over its rows x, and seen = the mean of x under the weights.
template <class E>
void attend_first(const float* carried, const E* x, float* seen, float* weights, int length, int n) {
    float most = -INFINITY, total = 0.0f;
    for (int j = 0; j < length; ++j) {
        const E* row = x + int64_t(j) * n;
        float s = 0.0f;
        for (int c = 0; c < n; ++c) s += carried[c] * to_float(row[c]);
        weights[j] = s;
        most = std::max(most, s);
    }
    for (int j = 0; j < length; ++j) {
        weights[j] = exponential(weights[j] - most);
        total += weights[j];
    }
    std::fill(seen, seen + n, 0.0f);
    for (int j = 0; j < length; ++j) {
        const E* row = x + int64_t(j) * n;
        float weight = weights[j] /= total;
        for (int c = 0; c < n; ++c) seen[c] += weight * to_float(row[c]);
    }
}

// For one head of one text, from the gradient of `seen`: that of `carried`, and those of the scores, which
// `first_to_hidden` reads.
template <class E>
void attend_first_backward(const E* x, const float* d_seen, const float* weights, float* d_scores, float* d_carried,
                           int length, int n) {
    float along = 0.0f;
    for (int j = 0; j < length; ++j) {
        const E* row = x + int64_t(j) * n;
        float s = 0.0f;
        for (int c = 0; c < n; ++c) s += d_seen[c] * to_float(row[c]);
        d_scores[j] = s;
        along += s * weights[j];
    }
    std::fill(d_carried, d_carried + n, 0.0f);
    for (int j = 0; j < length; ++j) {
        const E* row = x + int64_t(j) * n;
        float s = d_scores[j] = weights[j] * (d_scores[j] - along);
        for (int c = 0; c < n; ++c) d_carried[c] += s * to_float(row[c]);
    }
}

// The gradient of the hidden states: for each token t, the sum over all heads of its text.
template <class E>
void first_to_hidden(const float* carried, const float* d_seen, const float* weights, const float* d_scores, E* dx,
                     const int64_t* cu_seqlens, int texts, int heads, int n, int threads) {
    for_rows(cu_seqlens[texts], threads, n, [=](int64_t t, float* row) {
        int64_t text = text_of(cu_seqlens, texts, t);
        int64_t begin = cu_seqlens[text], length = cu_seqlens[text + 1] - begin;
        std::fill(row, row + n, 0.0f);
        for (int head = 0; head < heads; ++head) {
            int64_t at = begin * heads + head * length + t - begin, of = (text * heads + head) * n;
            float s = d_scores[at], w = weights[at];
            for (int c = 0; c < n; ++c) row[c] += s * carried[of + c] + w * d_seen[of + c];
        }
        for (int c = 0; c < n; ++c) put(dx[t * n + c], row[c]);
    });
}

// For all heads of all texts: `carried` and `seen` are [texts, heads, n], `weights` and `d_scores` have one number for
// each token and head, text by text and head by head within it.
template <class E>
void attend_first_of_texts(const float* carried, const E* x, float* seen, float* weights, const int64_t* cu_seqlens,
                           int texts, int heads, int n, int threads) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {
        int64_t text = task / heads, head = task % heads, begin = cu_seqlens[text];
        int length = int(cu_seqlens[text + 1] - begin);
        attend_first(carried + task * n, x + begin * n, seen + task * n, weights + begin * heads + head * length, length,
                     n);
    }
}

template <class E>
void attend_first_of_texts_backward(const float* carried, const E* x, const float* d_seen, const float* weights,
                                    float* d_scores, float* d_carried, E* dx, const int64_t* cu_seqlens, int texts,
                                    int heads, int n, int threads) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t task = 0; task < int64_t(texts) * heads; ++task) {
        int64_t text = task / heads, head = task % heads, begin = cu_seqlens[text];
        int length = int(cu_seqlens[text + 1] - begin);
        int64_t at = begin * heads + head * length;
        attend_first_backward(x + begin * n, d_seen + task * n, weights + at, d_scores + at, d_carried + task * n,
                              length, n);
    }
    if (dx) first_to_hidden(carried, d_seen, weights, d_scores, dx, cu_seqlens, texts, heads, n, threads);
}

}  // namespace
