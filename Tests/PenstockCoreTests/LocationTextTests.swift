import PenstockCore
import Testing

@Suite("Paths without keys")
struct LocationTextTests {
    @Test(
        "Keys and options are left out, all else stays",
        arguments: [
            ("s3://KEY:SECRET@bucket/a?region=x", "s3://bucket/a"), ("s3://bucket/a@b:c", "s3://bucket/a@b:c"),
            ("@s3://anonymous@bucket/list", "@s3://bucket/list"), ("s3://KEY:SEC/RET@bucket/a", "s3://bucket/a"),
            ("abfs://container@account/x", "abfs://container@account/x"), ("gs://b?token=1#x", "gs://b"),
            ("/a?b@c:d", "/a?b@c:d"), ("a b://x:y@z", "a b://x:y@z"), ("", ""),
        ]
    )
    func keysAreLeftOut(text: String, shown: String) {
        #expect(text.withoutKeys == shown)
    }
}
