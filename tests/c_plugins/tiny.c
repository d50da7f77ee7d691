/*
 * A plugin in C, from the header alone: it reads TINY, a format of its own.
 *
 *     "TINY", u8 number of words, then for each word: u8 length, bytes
 *
 * Each word is a `metadata` fact, and a row of a table for those who inspect.
 */
#include "weighbridge.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STR(text) {text, sizeof(text) - 1}

static const wb_magic magics[] = {{WB_ANCHOR_START, 0, 0, {(const uint8_t *)"TINY", 4}, {NULL, 0}}};
static const wb_str extensions[] = {STR("tiny")};
static const wb_format tiny = {sizeof(wb_format), STR("tiny"), STR("TINY words"), 0, 0, magics, 1, extensions, 1, NULL, 0};
static const wb_format *const formats[] = {&tiny};
static const wb_str metadata[] = {STR("key"), STR("value")};
static const wb_str anomaly[] = {STR("code"), STR("expected"), STR("found")};
static const wb_fact_kind kinds[] = {{STR("metadata"), metadata, 2}, {STR("anomaly"), anomaly, 3}};

static wb_status create(void **session) {
    *session = NULL;
    return WB_OK;
}

static void destroy(void *session) {
    (void)session;
}

static wb_status probe(void *session, const wb_input *input, const wb_host *host, wb_probe_result *result) {
    uint8_t head[5];
    uint64_t got;
    (void)session;
    (void)input;
    wb_status status = host->read_at(host->ctx, 0, head, sizeof head, &got);
    if (status != WB_OK) return status;
    if (got == sizeof head && memcmp(head, "TINY", 4) == 0) result->level = WB_PROBE_CERTAIN;
    return WB_OK;
}

static wb_value text(const char *bytes, uint64_t length) {
    wb_value value;
    memset(&value, 0, sizeof value);
    value.type = WB_TEXT;
    value.full_len = length;
    value.as.text.ptr = bytes;
    value.as.text.len = length;
    return value;
}

static wb_status truncated(const wb_host *host, uint64_t at) {
    wb_field fields[1] = {{STR("code"), text("truncated", 9)}};
    wb_fact fact = {sizeof fact, STR("anomaly"), 0, at, 0, fields, 1};
    wb_status status = host->emit(host->ctx, &fact, NULL);
    return status == WB_OK ? WB_MALFORMED : status;
}

/* The columns first, and then a row for each word. */
static wb_status row(const wb_host *host, uint64_t at, uint64_t length, uint64_t depth, const wb_str *cells) {
    wb_listing listing = {sizeof listing, STR("words"), at, length, depth, cells, 2};
    return host->listing(host->ctx, &listing);
}

static wb_status scan(void *session, const wb_input *input, const wb_host *host) {
    uint8_t count, length;
    uint64_t got, at = 5;
    static const wb_str columns[2] = {STR("word"), STR("bytes:size")};
    wb_status status = host->read_at(host->ctx, 4, &count, 1, &got);
    (void)session;
    if (status == WB_OK) status = row(host, 0, 0, WB_LISTING_COLUMNS, columns);
    for (uint8_t i = 0; status == WB_OK && i < count; i++) {
        char word[255];
        if ((status = host->poll(host->ctx, 1)) != WB_OK) return status;
        if ((status = host->read_at(host->ctx, at, &length, 1, &got)) != WB_OK) return status;
        if (got < 1) return truncated(host, at);
        if ((status = host->read_at(host->ctx, at + 1, word, length, &got)) != WB_OK) return status;
        if (got < length) return truncated(host, at);
        wb_field fields[2] = {{STR("key"), text("word", 4)}, {STR("value"), text(word, length)}};
        wb_fact fact = {sizeof fact, STR("metadata"), 0, at, (uint64_t)length + 1, fields, 2};
        char digits[4];
        wb_str cells[2] = {{word, length}, {digits, 0}};
        cells[1].len = (uint64_t)sprintf(digits, "%u", length);
        status = host->emit(host->ctx, &fact, NULL);
        if (status == WB_OK) status = row(host, at, (uint64_t)length + 1, 0, cells);
        at += (uint64_t)length + 1;
    }
    if (status != WB_OK) return status;
    wb_region region = {sizeof region, WB_REGION_STRUCTURE, 0, 0, at < input->size ? at : input->size};
    return host->region(host->ctx, &region);
}

WB_EXPORT const wb_plugin weighbridge_plugin_tiny = {
    sizeof(wb_plugin), WB_ABI_MAJOR, WB_ABI_MINOR, WB_VOCABULARY, 0, STR("tiny"), STR("TINY words"), STR("1.0.0"), STR("Apache-2.0"),
    formats, 1, kinds, 2, NULL, 0, create, destroy, probe, scan, NULL, NULL, NULL, NULL,
};
