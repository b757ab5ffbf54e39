// The dtypes of tensors, float and bfloat16: conversion to float and back. And e^x of a float.

#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

namespace {

struct bf16 {
    uint16_t bits;
};

inline float to_float(float x) { return x; }
inline float to_float(bf16 x) {
    uint32_t bits = uint32_t(x.bits) << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}
inline void put(float& to, float value) { to = value; }
inline void put(bf16& to, float value) {  // rounded to the nearest, ties to even
    uint32_t bits;
    memcpy(&bits, &value, 4);
    to.bits = uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

constexpr float LOG2_E = 1.44269504f;

// e^x with a relative error within 1e-7 |x|, for x clamped to [-87, 88]: 2^n 2^f, with a polynomial for |f| <= 1/2.
inline float exponential(float x) {
    x = std::min(std::max(x, -87.0f), 88.0f) * LOG2_E;
    float n = floorf(x + 0.5f);
    float f = x - n;
    float p = 0.00132647273f;
    p = p * f + 0.00967151299f;
    p = p * f + 0.0555073358f;
    p = p * f + 0.240222424f;
    p = p * f + 0.693147004f;
    p = p * f + 1.0f;
    int32_t bits = (int32_t(n) + 127) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return p * scale;
}

}  // namespace
