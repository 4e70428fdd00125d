import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.memory import secret_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mật khẩu wifi nhà mình là 88888888", "password"),
        ("pass gmail: hoa@2020", "password"),
        ("mk fb cua minh la lananh", "password"),
        ("mật mã két sắt là 2580", "password"),
        ("thẻ của tôi 4111 1111 1111 1111", "bank_card"),
        ("5500-0055-5555-5559", "bank_card"),
        ("số thẻ 9704 3612 3456 7890 123", "bank_card"),
        ("số thẻ bốn một một một một một một một một một một một một một một một", "bank_card"),
        ("căn cước của em 001099012345", "identity_number"),
        ("001099012345", "identity_number"),
        ("cmnd 271234567", "identity_number"),
        ("số hộ chiếu C1234567", "identity_number"),
        ("stk 0071001234567 vietcombank", "bank_account"),
        ("số tài khoản của mình là 0123456789", "bank_account"),
        ("mã OTP là 482913", "one_time_code"),
        ("mã pin thẻ ATM là 4826", "one_time_code"),
        ("cvv 123", "one_time_code"),
    ],
)
def test_what_opens_an_account_is_named(text, kind):
    assert secret_in(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Mình hay quên mật khẩu",
        "mật khẩu là gì",
        "Số điện thoại của mình là 0912345678",
        "Mình sinh ngày 12/8/2001",
        "biển số xe là 30A 12345",
        "Mình mua nhà 2.500.000.000 đồng",
        "Điện thoại mình hết pin lúc 8 giờ",
        "Đơn hàng 1234567890123",
        "mã nhân viên của mình là NV0042",
        "Năm nay mình 32 tuổi, năm sau 33",
        "Mình đang học lái xe ở trường số 5",
        "",
    ],
)
def test_other_numbers_may_be_remembered(text):
    assert secret_in(text) is None


@given(st.text())
def test_any_text_is_allowed(text):
    secret_in(text)
