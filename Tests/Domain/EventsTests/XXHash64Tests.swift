// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@Suite struct XXHash64Tests {
    /// Those with seed 0 were checked against LLVM's copy of xxHash, the others against a second implementation.
    static let vectors: [(text: String, seed: UInt64, hash: UInt64)] = [
        ("", 0, 0xEF46_DB37_51D8_E999),
        ("", 2_654_435_761, 0xAC75_FDA2_929B_17EF),
        ("a", 0, 0xD24E_C4F1_A98C_6E5B),
        ("a", 2_654_435_761, 0x393D_A8B7_8992_279B),
        ("abc", 0, 0x44BC_2CF5_AD77_0999),
        ("abc", 2_654_435_761, 0x1318_DF30_094A_85FD),
        ("abcd", 0, 0xDE03_27B0_D25D_92CC),
        ("abcd", 2_654_435_761, 0x6615_0D50_7671_98EE),
        ("abcdefg", 0, 0x1860_940E_2902_822D),
        ("abcdefg", 2_654_435_761, 0xEC47_2D1B_CFBB_2CBC),
        ("abcdefgh", 0, 0x3AD3_5177_5B46_34B7),
        ("abcdefgh", 2_654_435_761, 0xDCF6_C3EA_E6EA_060F),
        ("abcdefghijklm", 0, 0x934A_DBC0_EBC5_1325),
        ("abcdefghijklm", 2_654_435_761, 0x7657_B9CB_A136_469A),
        ("abcdefghijklmnopqrstuvwxyz01234", 0, 0x1605_8C7B_947D_A137),
        ("abcdefghijklmnopqrstuvwxyz01234", 2_654_435_761, 0x69F4_CC4E_10A2_8EA8),
        ("abcdefghijklmnopqrstuvwxyz012345", 0, 0xBF2C_D639_B414_3B80),
        ("abcdefghijklmnopqrstuvwxyz012345", 2_654_435_761, 0x5936_BAA1_4FD0_50BB),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+-*", 0, 0xB34A_4010_BC4F_D390),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+-*", 2_654_435_761, 0xDD53_51C0_0C06_8823),
    ]

    @Test(arguments: vectors.indices)
    func `agrees with other implementations`(index: Int) {
        let (text, seed, hash) = Self.vectors[index]
        let bytes = Array(text.utf8)
        #expect(XXHash64.hash(bytes.span.bytes, seed: seed) == hash, "\(text)")
    }
}
