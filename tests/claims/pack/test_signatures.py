"""The verifier's own Ed25519, canonical JSON and capitals: by published vectors, and against other people's code."""

from __future__ import annotations

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.claims.pack.verifier.canonical import canonical, read_json
from incubator.claims.pack.verifier.capitals import capitals
from incubator.claims.pack.verifier.report import Report, Unreadable
from incubator.claims.pack.verifier.signatures import Q, verify_signature
from incubator.documents.rmb import rmb_capitals
from incubator.documents.signing import verify

VECTORS = [  # RFC 8032, 7.1: TEST 1, 2, 3 and SHA(abc)
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ("ec172b93ad5e563f4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]  # fmt: skip


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_published_vectors(public: str, message: str, signature: str) -> None:
    key, said, signed = bytes.fromhex(public.zfill(64)), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify_signature(key, said, signed) == verify(key, said, signed)
    if len(public) == 64:
        assert verify_signature(key, said, signed)
        assert not verify_signature(key, said + b"x", signed)
        later = signed[:32] + (int.from_bytes(signed[32:], "little") + Q).to_bytes(32, "little")
        assert not verify_signature(key, said, later)  # the same signature, written otherwise


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 95), st.integers(0, 255))
def test_as_cryptography_says(secret: bytes, message: bytes, at: int, byte: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert verify_signature(public, message, signature)
    both = bytearray(public + signature)
    both[at] = byte
    changed, signed = bytes(both[:32]), bytes(both[32:])
    assert verify_signature(changed, message, signed) == verify(changed, message, signed)


@given(st.binary(max_size=40), st.binary(max_size=70), st.binary(max_size=10))
def test_anything_else_is_refused(public: bytes, signature: bytes, message: bytes) -> None:
    assert not verify_signature(public, message, signature) or verify(public, message, signature)


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20,
)  # fmt: skip


@given(data)
def test_canonical_as_another_library_writes_it(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # plain data
    report = Report()
    assert read_json(canonical(value), "x", report) == value and not report.findings


@pytest.mark.parametrize(
    "content", [b'{"a":1.5}', b'{"a":1,"a":2}', b"NaN", b"[1,", b"\xff", b"[" * 100_000, b"1" * 5000, b""]
)
def test_what_is_no_such_json(content: bytes) -> None:
    report = Report()
    with pytest.raises(Unreadable):
        read_json(content, "x.json", report)
    assert report.findings[0]["place"] == "x.json"


@settings(max_examples=300)
@given(st.integers(-(10**13), 10**13) | st.integers(0, 20_000))
def test_capitals_as_the_product_writes_them(minor: int) -> None:
    assert capitals(minor) == rmb_capitals(minor)
