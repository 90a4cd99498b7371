import PenstockCore
import Testing

@testable import PenstockStages

@Suite("Locations")
struct LocationTests {
    @Test(
        "A local path is taken byte for byte",
        arguments: ["a b%20.jpg", "./s3://x", "/p/#1?x=é", "", "c:\\x", "a:b", "1s3://x", "://x"]
    )
    func localPaths(path: String) throws {
        let location = try Location(path)
        #expect(!location.isRemote)
        #expect(location.localPath == path)
        #expect(location.description == path)
    }

    @Test("file:// is a local path, decoded")
    func fileURIs() throws {
        #expect(try Location("file:///tmp/a%20b").localPath == "/tmp/a b")
        #expect(try Location("FILE://localhost/tmp").localPath == "/tmp")
        for text in ["file://host/x", "file:///a?b", "file:///%zz", "file:///%00", "file://"] {
            #expect(throws: StageError.self) { try Location(text) }
        }
    }

    @Test(
        "Keys and options are kept for the store and shown to nobody",
        arguments: [
            ("s3://key:secret@bucket/a%20b?region=x&endpoint_override=h:1", "s3://bucket/a%20b"),
            ("S3://anonymous@bucket", "s3://bucket"), ("gs://bucket/x#part", "gs://bucket/x"),
            ("s3://key:a@b@bucket/x", "s3://bucket/x"),
            ("abfs://container@account.dfs.core.windows.net/x", "abfs://container@account.dfs.core.windows.net/x"),
            ("abfss://account:key@host/x", "abfss://host/x"),
        ]
    )
    func secrets(text: String, shown: String) throws {
        let location = try Location(text)
        #expect(location.isRemote)
        #expect(location.description == shown)
        #expect(location.withSecrets.lowercased() == text.prefix { $0 != "#" }.lowercased())
    }

    @Test(
        "Other schemes and broken URIs are refused",
        arguments: ["https://x/a", "s3://", "s3:///key", "s3://b/%g1", "s3://b/%00"]
    )
    func refused(text: String) {
        let error = #expect(throws: StageError.self) { try Location(text) }
        #expect(error?.code == .unsupportedFormat)
    }

    @Test("A secret with a bare slash is refused without showing a part of it", arguments: ["s3", "gs", "abfs"])
    func bareSecrets(scheme: String) {
        let error = #expect(throws: StageError.self) { try Location("\(scheme)://key:top/secret@bucket/x") }
        #expect(error?.message.contains("%2F") == true)
        #expect(error?.message.contains("top") == false)
    }

    @Test("Parts are joined with one slash, and encoded where they have to be")
    func joining() throws {
        #expect(try Location("s3://k:s@b?x=1").appending("ä b/c%").withSecrets == "s3://k:s@b/%C3%A4%20b/c%25?x=1")
        #expect(try Location("s3://b/a/").appending("c=1,d+e").description == "s3://b/a/c=1,d+e")
        #expect(Location(path: "out").appending("c%").localPath == "out/c%")
        #expect(Location(path: "/").appending("c").localPath == "/c")
        #expect(Location(path: "").appending("c").localPath == "c")
        #expect(Location(path: "a").appending("").localPath == "a")
    }

    @Test(
        "Name and extension",
        arguments: [
            ("s3://b/a%20b.JPG", "a b.JPG", "jpg"), ("s3://b/dir.x/", "dir.x", "x"), ("s3://b", "", ""),
            ("a/.hidden", ".hidden", ""), ("a/b.tar.gz", "b.tar.gz", "gz"), ("noext", "noext", ""), ("/", "", ""),
        ]
    )
    func names(text: String, name: String, ending: String) throws {
        #expect(try Location(text).name == name)
        #expect(try Location(text).pathExtension == ending)
    }

    @Test("A shown path leads back to the place below which it lies")
    func relativePaths() throws {
        let root = try Location("s3://k:s@b/photos?region=x")
        #expect(try root.relativePath(of: Location("s3://b/photos/x%20y/z.jpg")) == "x y/z.jpg")
        #expect(try root.relativePath(of: Location("s3://b/photos")) == "")
        #expect(try root.relativePath(of: Location("s3://b/photos2/z.jpg")) == nil)
        #expect(try root.relativePath(of: Location("s3://c/photos/z.jpg")) == nil)
        #expect(try root.relativePath(of: Location("gs://b/photos/z.jpg")) == nil)
        #expect(root.relativePath(of: Location(path: "b/photos/z.jpg")) == nil)
    }

    @Test("Stores find the file that a path of a table means, with the keys of the place it was found in")
    func stores() throws {
        let root = try Location("s3://k:s@b/pho%20tos?endpoint_override=127.0.0.1:1&scheme=http&region=x")
        let stores = FileStores()
        let place = try stores.open(root)
        #expect(place.path == "b/pho tos")
        let entry = FileEntry(path: "b/pho tos/1 ä.jpg", kind: .file, size: 3)
        let shown = FileStores.location(of: entry, in: root, at: place.path)
        #expect(shown == "s3://b/pho%20tos/1%20%C3%A4.jpg")
        let found = try stores.place(of: shown)
        #expect(found.path == entry.path)
        #expect((found.store as? ArrowFileStore) === (place.store as? ArrowFileStore))
        #expect(try stores.place(of: "x y%").path == "x y%")
    }
}
