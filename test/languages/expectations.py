"""Expectations, each of which prints a line."""

import grpc

failed = 0


def expect(what, holds, found=None):
    global failed
    if holds:
        print(f'PASS {what}')
    else:
        failed += 1
        print(f'FAIL {what}: found {found!r}')


def expect_equal(what, found, expected):
    expect(what, found == expected, found)


def expect_error(what, code, call):
    try:
        call()
    except grpc.RpcError as error:
        expect_equal(f'{what} is {code.name}', error.code(), code)
        return error
    expect(f'{what} is {code.name}', False, 'no error')
    return None
