"""Sign-in with Discord: OAuth2 authorization code, with state and PKCE.

Source: https://discord.com/developers/docs/topics/oauth2
"""

import warnings
from dataclasses import dataclass, field

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token

with warnings.catch_warnings(record=True):
    # authlib warns at import that it will change its HTTP client
    from authlib.integrations.httpx_client import AsyncOAuth2Client

from hedge.errors import HedgeError


class SignInError(HedgeError):
    """Discord did not confirm an account; the message contains no secret."""


@dataclass(frozen=True)
class SignIn:
    """The address to which the browser is redirected, and the values that the callback needs."""

    url: str
    state: str
    code_verifier: str


@dataclass(frozen=True)
class Discord:
    """The Discord application with which players sign in, and the address of Discord."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    url: str = "https://discord.com"

    def begin(self) -> SignIn:
        """A sign-in with the scope identify: it reads the account's id and nothing else."""
        code_verifier = generate_token(64)
        url, state = self._client().create_authorization_url(
            f"{self.url}/oauth2/authorize", code_verifier=code_verifier
        )
        return SignIn(url, state, code_verifier)

    async def finish(self, code: str, code_verifier: str) -> str:
        """The Discord id, a text of digits, of the account that authorized the code.

        Raises SignInError where Discord refuses, does not respond, or responds without an id.
        """
        try:
            async with self._client() as client:
                await client.fetch_token(
                    f"{self.url}/api/oauth2/token", code=code, code_verifier=code_verifier
                )
                answer = await client.get(f"{self.url}/api/users/@me")
                answer.raise_for_status()
                discord_id = answer.json()["id"]
        except AuthlibBaseError as error:
            raise SignInError(f"Discord refused the sign-in: {error.error}") from None
        except httpx.HTTPStatusError as error:
            raise SignInError(f"Discord answered {error.response.status_code}") from None
        except httpx.HTTPError as error:
            raise SignInError(f"Discord did not answer: {type(error).__name__}") from None
        except (KeyError, TypeError, ValueError):
            raise SignInError("Discord did not say who it is") from None
        if not (isinstance(discord_id, str) and discord_id.isascii() and discord_id.isdigit()):
            raise SignInError("Discord did not say who it is")
        return discord_id

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self.client_id,
            self.client_secret,
            redirect_uri=self.redirect_uri,
            scope="identify",
            code_challenge_method="S256",
            timeout=10,
        )
