// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

// crypt(3) of libxcrypt. `struct crypt_data` holds arrays too large for Swift, and the passphrase: it is wiped.
// Returns 1 and fills `output`, CRYPT_OUTPUT_SIZE bytes, or 0.
static inline int sluice_crypt(const char *phrase, const char *setting, char *output) {
    struct crypt_data *data = (struct crypt_data *)calloc(1, sizeof(struct crypt_data));
    if (!data) return 0;
    const char *hash = crypt_rn(phrase, setting, data, (int)sizeof(struct crypt_data));
    int made = hash && strlen(hash) < CRYPT_OUTPUT_SIZE;
    if (made) strcpy(output, hash);
    memset(data, 0, sizeof(struct crypt_data));
    // The compiler may not leave out what it thinks nobody reads.
    __asm__ __volatile__("" : : "r"(data) : "memory");
    free(data);
    return made;
}

// A setting with a salt of the kernel's random bytes (crypt_gensalt(3)); returns 1 and fills `output`,
// CRYPT_GENSALT_OUTPUT_SIZE bytes, or 0.
static inline int sluice_crypt_setting(const char *prefix, unsigned long cost, char *output) {
    return crypt_gensalt_rn(prefix, cost, NULL, 0, output, CRYPT_GENSALT_OUTPUT_SIZE) != NULL;
}
