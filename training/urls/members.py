"""Members and the life of their accounts."""

from django.urls import path

from ..views import authority, checked, members, personnel, proposals, reviews

urlpatterns = [
    path("", members.list_members, name="list_members"),
    path("find/", members.find_member, name="find_member"),
    path("new/", proposals.propose_member, name="propose_member"),
    path("<uuid:pk>/", members.view_member, name="view_member"),
    path("<uuid:pk>/edit/", members.edit_member, name="edit_member"),
    path("<uuid:pk>/invitation/", members.renew_invitation, name="renew_invitation"),
    path("<uuid:pk>/close/", members.close_account, name="close_account"),
    path("<uuid:pk>/roles/", proposals.propose_role, name="propose_role"),
    path("<uuid:pk>/category/", proposals.propose_category, name="propose_category"),
    path("<uuid:pk>/reopening/", proposals.propose_reopening, name="propose_reopening"),
    path("<uuid:pk>/second-factor/", proposals.propose_factor_reset, name="propose_factor_reset"),
    path("<uuid:pk>/designate/", authority.designate, name="designate"),
    path("roles/<uuid:pk>/end/", members.end_role, name="end_role"),
    path("proposals/", proposals.list_proposals, name="list_proposals"),
    path("proposals/<uuid:pk>/", proposals.view_proposal, name="view_proposal"),
    path("proposals/<uuid:pk>/decide/", proposals.decide_account, name="decide_account"),
    path("proposals/<uuid:pk>/decide-factor/", proposals.decide_factor, name="decide_factor"),
    path("receipts/<uuid:pk>/", checked.view_receipt, name="view_receipt"),
    path("designations/", authority.list_designations, name="list_designations"),
    path("designations/<uuid:pk>/end/", authority.end_designation, name="end_designation"),
    path("loans/", authority.list_loans, name="list_loans"),
    path("loans/new/", authority.lend_verb, name="lend_verb"),
    path("loans/<uuid:pk>/end/", authority.end_loan, name="end_loan"),
    path("personnel/", personnel.load_personnel, name="load_personnel"),
    path("personnel/<uuid:pk>/", personnel.preview_personnel, name="preview_personnel"),
    path("reviews/", reviews.list_reviews, name="list_reviews"),
    path("reviews/sign/", reviews.sign_review, name="sign_review"),
    path("reviews/<uuid:pk>/", reviews.view_review, name="view_review"),
    path("changes/", reviews.list_role_changes, name="list_role_changes"),
]
