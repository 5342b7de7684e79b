from woodlot.sandbox.listen_keys import ListenKeys

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000


def test_a_key_is_64_letters_and_digits_and_lives_a_day():
    key = ListenKeys(life_ms=DAY_MS).create("ann", now_ms=NOW_MS)

    assert len(key.text) == 64
    assert key.text.isascii()
    assert key.text.isalnum()
    assert key.expires_ms == NOW_MS + DAY_MS


def test_a_key_finds_its_account_until_it_expires():
    keys = ListenKeys(life_ms=1000)
    key = keys.create("ann", now_ms=NOW_MS)

    assert keys.find(key.text, now_ms=NOW_MS + 999) is key
    assert keys.is_current(key, now_ms=NOW_MS + 999)
    assert keys.find(key.text, now_ms=NOW_MS + 1000) is None
    assert not keys.is_current(key, now_ms=NOW_MS + 1000)


def test_a_new_key_ends_the_old_one_at_once():
    keys = ListenKeys(life_ms=DAY_MS)
    old = keys.create("ann", now_ms=NOW_MS)
    new = keys.create("ann", now_ms=NOW_MS)

    assert keys.find(old.text, now_ms=NOW_MS) is None
    assert not keys.is_current(old, now_ms=NOW_MS)
    assert keys.find(new.text, now_ms=NOW_MS) is new


def test_accounts_do_not_end_each_others_keys():
    keys = ListenKeys(life_ms=DAY_MS)
    ann, bob = keys.create("ann", now_ms=NOW_MS), keys.create("bob", now_ms=NOW_MS)

    assert keys.find(ann.text, now_ms=NOW_MS) is ann
    assert keys.find(bob.text, now_ms=NOW_MS) is bob


def test_an_unknown_key_opens_nothing():
    assert ListenKeys(life_ms=DAY_MS).find("", now_ms=NOW_MS) is None


def test_printing_a_key_does_not_show_it():
    key = ListenKeys(life_ms=DAY_MS).create("ann", now_ms=NOW_MS)

    assert key.text not in repr(key)
