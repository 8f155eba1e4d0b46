// SPDX-License-Identifier: Apache-2.0

extension DoctorFacts {
    /// A certificate that ends within this time is worth a look, in days.
    private static let shortly = 30

    var certificateFinding: Finding? {
        guard let certificate else { return nil }
        let days = certificate.daysLeft
        let advice = """
            `sluice keys rotate` renews what `sluice keys enrol` has got; one that has expired is renewed by enrolling again
            """
        if days < 0 {
            let what = "the certificate in \(certificate.path) has expired \(-days) days ago: hubs turn this agent away"
            return Finding(.fail, "certificate", what, advice: advice)
        }
        let what = "the certificate in \(certificate.path) holds for \(days) more days"
        return days < Self.shortly
            ? Finding(.warn, "certificate", what, advice: advice) : Finding(.ok, "certificate", what)
    }
}
