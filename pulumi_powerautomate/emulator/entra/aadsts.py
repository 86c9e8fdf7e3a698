"""
The refusals of the sign-in service, by their AADSTS number.

Source: "Microsoft Entra authentication and authorization error codes", and the responses that
people have quoted in public issues where that page gives no wording.
"""

from __future__ import annotations

from collections.abc import Mapping

_CREDENTIALS = "https://learn.microsoft.com/entra/identity-platform/certificate-credentials"
_FEDERATION = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
_KEYS = (
    "Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys "
    "for app Id '{client_id}'."
)

# number: (OAuth error, status, text); the text is filled in with what the refusal is about.
REFUSALS: Mapping[int, tuple[str, int, str]] = {
    28000: (
        "invalid_scope",
        400,
        "Provided value for the input parameter scope isn't valid because it contains more than "
        "one resource. Scope {scope} isn't valid.",
    ),
    50011: (
        "invalid_request",
        400,
        "The redirect URI '{redirect_uri}' specified in the request does not match the redirect "
        "URIs configured for the application '{client_id}'.",
    ),
    50013: (
        "invalid_client",
        401,
        "Assertion failed signature validation. [Reason - {reason}]",
    ),
    50027: ("invalid_request", 400, "JWT token is invalid or malformed."),
    50034: (
        "invalid_grant",
        400,
        "The user account {username} does not exist in the Contoso directory. To sign into this "
        "application, the account must be added to the directory.",
    ),
    50057: ("invalid_grant", 400, "The user account is disabled."),
    50058: (
        "login_required",
        400,
        "A silent sign-in request was sent but no user is signed in.",
    ),
    50059: (
        "invalid_request",
        400,
        "No tenant-identifying information found in either the request or implied by any provided "
        "credentials.",
    ),
    50076: (
        "interaction_required",
        400,
        "Due to a configuration change made by your administrator, or because you moved to a new "
        "location, you must use multi-factor authentication to access '{resource}'.",
    ),
    50105: (
        "invalid_grant",
        400,
        "Your administrator has configured the application to block users unless they are "
        "specifically granted ('assigned') access to the application.",
    ),
    50173: (
        "invalid_grant",
        400,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The "
        "user might have changed or reset their password.",
    ),
    53003: (
        "access_denied",
        400,
        "Access has been blocked by Conditional Access policies. The access policy does not allow "
        "token issuance.",
    ),
    54005: (
        "invalid_grant",
        400,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use "
        "an existing refresh token.",
    ),
    65001: (
        "invalid_grant",
        400,
        "The user or administrator has not consented to use the application with ID "
        "'{client_id}'. Send an interactive authorization request for this user and resource.",
    ),
    65004: ("access_denied", 400, "User declined to consent to access the app."),
    70000: ("invalid_grant", 400, "Provided grant is invalid or malformed."),
    70003: (
        "unsupported_grant_type",
        400,
        "The app requested an unsupported grant type '{grant_type}'.",
    ),
    70008: (
        "invalid_grant",
        400,
        "The provided authorization code or refresh token has expired due to inactivity. Send a "
        "new interactive authorization request for this user and resource.",
    ),
    70011: (
        "invalid_scope",
        400,
        "The provided request must include a 'scope' input parameter. The provided value for the "
        "input parameter 'scope' is not valid. The scope {scope} is not valid.",
    ),
    70016: (
        "authorization_pending",
        400,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    ),
    70018: (
        "bad_verification_code",
        400,
        "The user or device code is invalid or was already used.",
    ),
    70019: ("expired_token", 400, "Verification code expired."),
    70025: (
        "invalid_client",
        401,
        "The client '{client_id}' has no configured federated identity credentials.",
    ),
    90002: (
        "invalid_request",
        400,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant.",
    ),
    500011: (
        "invalid_resource",
        400,
        "The resource principal named {resource} was not found in the tenant named Contoso. This "
        "can happen if the application has not been installed by the administrator of the tenant "
        "or consented to by any user in the tenant. You might have sent your authentication "
        "request to the wrong tenant.",
    ),
    500112: (
        "invalid_client",
        401,
        "The reply address '{redirect_uri}' does not match the reply address '{expected}' "
        "provided when requesting Authorization code.",
    ),
    501481: (
        "invalid_grant",
        400,
        "The Code_Verifier does not match the code_challenge supplied in the authorization "
        "request.",
    ),
    700016: (
        "unauthorized_client",
        400,
        "Application with identifier '{client_id}' was not found in the directory 'Contoso'. This "
        "can happen if the application has not been installed by the administrator of the tenant "
        "or consented to by any user in the tenant. You may have sent your authentication request "
        "to the wrong tenant.",
    ),
    700021: (
        "invalid_client",
        401,
        "Client assertion application identifier doesn't match 'client_id' parameter. Review the "
        f"documentation at {_CREDENTIALS} .",
    ),
    700023: (
        "invalid_client",
        401,
        "Client assertion audience claim does not match Realm issuer. Review the documentation at "
        f"{_CREDENTIALS} .",
    ),
    700024: (
        "invalid_client",
        401,
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid "
        "from {start}, expiry time of assertion {end}. Review the documentation at "
        f"{_CREDENTIALS} .",
    ),
    700025: (
        "invalid_client",
        401,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    700027: ("invalid_client", 401, "{what} [Reason - {reason}, " + _KEYS + "]"),
    700082: (
        "invalid_grant",
        400,
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was "
        "inactive for 90.00:00:00.",
    ),
    700211: (
        "invalid_client",
        401,
        "No matching federated identity record found for presented assertion issuer '{value}'. "
        "Check your federated identity credential Subject, Audience and Issuer against the "
        f"presented assertion. {_FEDERATION}",
    ),
    700212: (
        "invalid_client",
        401,
        "No matching federated identity record found for presented assertion audience '{value}'. "
        "Check your federated identity credential Subject, Audience and Issuer against the "
        f"presented assertion. {_FEDERATION}",
    ),
    700213: (
        "invalid_client",
        401,
        "No matching federated identity record found for presented assertion subject '{value}'. "
        "Check your federated identity credential Subject, Audience and Issuer against the "
        f"presented assertion. {_FEDERATION}",
    ),
    900023: (
        "invalid_request",
        400,
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external "
        "domain.",
    ),
    900144: (
        "invalid_request",
        400,
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    1002012: (
        "invalid_scope",
        400,
        "The provided value for scope {scope} is not valid. Client credential flows must have a "
        "scope value with /.default suffixed to the resource identifier (application ID URI).",
    ),
    5002738: (
        "invalid_client",
        401,
        "Invalid JWT token. '{algorithm}' is not a supported signature algorithm. Supported "
        "signing algorithms are: 'RS256, PS256'.",
    ),
    7000112: (
        "unauthorized_client",
        400,
        "Application '{client_id}'({name}) is disabled.",
    ),
    7000215: (
        "invalid_client",
        401,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app '{client_id}'.",
    ),
    7000216: (
        "invalid_client",
        401,
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' "
        "grant type.",
    ),
    7000218: (
        "invalid_client",
        401,
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
    ),
    7000222: (
        "invalid_client",
        401,
        "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal "
        "to create new keys for your app: https://aka.ms/NewClientSecret, or consider using "
        "certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    7002138: (
        "invalid_client",
        401,
        "No matching federated identity record found for presented assertion subject '{value}'. "
        "The subject matches with case-insensitive comparison, but not with case-sensitive "
        f"comparison. {_FEDERATION}",
    ),
}
